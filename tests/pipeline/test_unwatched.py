"""Files that settings name, and what DVC sees of them."""

from pathlib import Path

import pytest
import yaml

from timeshare.pipeline.unwatched import note_unwatched


def test_a_file_that_no_dependency_has_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/files").mkdir(parents=True)
    for name in ("mine.csv", "data/mine.csv", "data/files/mine.csv"):
        (tmp_path / name).touch()
    # DVC reads a file through a link, and follows none to a folder.
    Path("data/files/link.csv").symlink_to("../mine.csv")
    Path("data/files/linked").symlink_to("..")
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"ingest": {"deps": ["data/files"]}}}))
    absent = "missing.csv"  # who reads it says so
    seen = ["data/files/mine.csv", str(tmp_path / "data/files/mine.csv"), "data/files/link.csv", absent]
    unseen = ["mine.csv", "data/files/../mine.csv", str(tmp_path / "data/mine.csv"), "data/files/linked/mine.csv"]
    note_unwatched("ingest", {"dataset": "mine"}, [Path(path) for path in (*seen, *unseen)])
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == unseen
    assert all("DVC does not see this file change; put it, or a link to it, into" in line for line in lines)
    assert all(line.endswith("or run `dvc repro --single-item --force ingest@mine` when it changes") for line in lines)
