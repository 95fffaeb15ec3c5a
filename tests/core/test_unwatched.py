"""Files that settings name, and what DVC sees of them."""

from pathlib import Path

import pytest

from timeshare.core.unwatched import note_if_unwatched


def test_a_file_outside_the_watched_folder_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/files").mkdir(parents=True)
    for name in ("mine.csv", "data/mine.csv", "data/files/mine.csv"):
        (tmp_path / name).touch()
    absent = "missing.csv"  # who reads it says so
    for path in ("data/files/mine.csv", str(tmp_path / "data/files/mine.csv"), absent):
        note_if_unwatched(path, "data/files", "ingest@mine")
    assert capsys.readouterr().err == ""
    for path in ("mine.csv", "data/files/../mine.csv", str(tmp_path / "data/mine.csv")):
        note_if_unwatched(path, "data/files", "ingest@mine")
        assert capsys.readouterr().err == (
            f"{path}: DVC watches data/files and does not see this file change; move it there, or run "
            "`dvc repro --single-item --force ingest@mine` when it changes\n"
        )
