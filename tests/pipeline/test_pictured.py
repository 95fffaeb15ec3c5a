"""Each seed's figures as pictures in its run, drawn once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.report.conftest import copy, params, results, tree
from timeshare.core.artifacts import write_json
from timeshare.pipeline import pictured
from timeshare.pipeline.identity.reads import MADE_OF
from timeshare.report.results import Results
from timeshare.tracking.identity import RunIdentity, SeedRun
from timeshare.tracking.tracker import Tracker

__all__ = ["copy", "params", "results", "tree"]  # fixtures here too

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("unshared", ["length.svg", "confusion.png", "similarity.png"]),
        ("bag_of_words", ["length.svg", "confusion.png"]),
    ],
)
def test_a_seed_is_drawn_as_far_as_it_was_measured(
    results: Results, tmp_path: Path, model: str, names: Sequence[str]
) -> None:
    seed_run = SeedRun("sentences", model, 0, "up to date")
    written = pictured.write_seed_pictures(results, seed_run, tmp_path)
    assert [path.name for path in written] == names
    starts = {path.name: path.read_bytes()[:4] for path in written}
    assert starts == {name: b"\x89PNG" if name.endswith("png") else b"<svg" for name in names}


def test_a_seed_is_drawn_again_when_its_results_are_others(
    results: Results, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def write(results: Results, seed_run: SeedRun, folder: Path) -> list[Path]:
        drawn.append(seed_run.model)
        (folder / "length.svg").write_text("<svg/>")
        return [folder / "length.svg"]

    monkeypatch.setattr(pictured, "write_seed_pictures", write)
    recorded: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Tracker, "artifact", lambda tracker, *given: recorded.append(given))
    run = RunIdentity("timeshare/sentences", "shared-0", "a" * 64)
    monkeypatch.setattr(pictured, "added_run", lambda *_: run)
    monkeypatch.setattr("timeshare.tracking.tracker.ensure_sender", lambda root: None)
    made_of = {"stage": "s", "seed": 0, "params": {}, "inputs": {}}
    for output in ("models", "results"):
        write_json(copy / output / "sentences/shared/0" / MADE_OF, made_of | {"outputs": {"a": "1"}})
    seed_runs = [
        SeedRun("sentences", "shared", 0, "up to date", "a" * 64),
        SeedRun("sentences", "unshared", 0, "stale", "b" * 64),
    ]
    for _ in range(2):
        pictured.record_pictures(copy, results, seed_runs)
    assert drawn == ["shared"]
    assert [folder for _, folder in recorded] == ["figures"]
    write_json(copy / "results/sentences/shared/0" / MADE_OF, made_of | {"outputs": {"a": "2"}})
    pictured.record_pictures(copy, results, seed_runs)
    assert drawn == ["shared", "shared"]
