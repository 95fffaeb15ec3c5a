"""What a stage notes of how far it is."""

from pathlib import Path

import pytest

from timeshare.core.progress import VARIABLE, Progress, noting, part


def test_a_note_is_what_others_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "progress"))
    note = part(noting(), 1, 4, "seed 7")
    assert note is not None
    note(0.5, "epoch 3 of 6")
    assert Progress.read(tmp_path / "progress") == Progress(0.375, "seed 7, epoch 3 of 6")
    note(0.6, "so soon that nobody would see it")
    assert Progress.read(tmp_path / "progress") == Progress(0.375, "seed 7, epoch 3 of 6")


def test_nobody_who_shows_it_is_no_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert part(noting(), 0, 2, "seed 0") is None
    assert Progress.read(tmp_path / "progress") is None
