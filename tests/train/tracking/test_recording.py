from collections.abc import Iterator
from pathlib import Path

import pytest

from timeshare.artifacts import write_json
from timeshare.config import Params
from timeshare.config.settings import TrackingSettings
from timeshare.train.tracking import tracker
from timeshare.train.tracking.lineage import workspace_reads
from timeshare.train.tracking.recording import member_tracker, record_comparison
from timeshare.train.tracking.spool import Event, sessions
from timeshare.train.tracking.workplace import Workplace

MEMBER = ("parity", "shared", 0)


@pytest.fixture(autouse=True)
def _no_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker, "ensure_sender", lambda root: None)


def recorded(root: Path) -> Iterator[list[Event]]:
    return ([event for event, _ in session.events(0)] for session in sessions(Workplace(root).spool))


def test_a_stage_records_into_its_members_run(prepared_pipeline: Path, params: Params) -> None:
    with member_tracker(prepared_pipeline, params, "train", *MEMBER) as recorder:
        recorder.metrics({"train_loss": 1.0})
    ((opening, metrics, _),) = recorded(prepared_pipeline)
    item = {"dataset": "parity", "model": "shared", "seed": 0}
    assert opening["run"]["key"] == workspace_reads(prepared_pipeline, "train", item).key
    assert metrics["values"] == {"train_loss": 1.0}


def test_of_processes_that_train_together_the_first_alone_records(
    prepared_pipeline: Path, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rank in ("0", "1"):
        monkeypatch.setenv("LOCAL_RANK", rank)
        with member_tracker(prepared_pipeline, params, "train", *MEMBER) as recorder:
            recorder.metrics({"train_loss": 1.0})
    assert len(list(recorded(prepared_pipeline))) == 1


def test_switched_off_it_reads_nothing(project: Path, params: Params) -> None:
    off = params.model_copy(update={"tracking": TrackingSettings(enabled=False)})
    with member_tracker(project, off, "train", *MEMBER):
        pass
    record_comparison(project, off, [])
    assert list(project.iterdir()) == []


def test_outside_a_pipeline_a_stage_runs_all_the_same(
    project: Path, params: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    with member_tracker(project, params, "train", *MEMBER) as recorder:
        recorder.metrics({"train_loss": 1.0})
    assert capsys.readouterr().err.count("\n") == 1
    assert list(project.iterdir()) == []


def test_the_comparison_has_each_models_mean_and_each_members_row(prepared_pipeline: Path, params: Params) -> None:
    root = prepared_pipeline
    accuracies = {("shared", 0): 1.0, ("shared", 1): 0.5, ("unshared", 0): 0.25}
    for (model, seed), accuracy in accuracies.items():
        write_json(
            root / "results/parity" / model / str(seed) / "metrics.json", {"accuracy": accuracy, "parameters": 8}
        )
    write_json(root / "results/parity/unshared/0/metrics.json", {"accuracy": 0.25, "length_score/hold": 0.125})
    page = root / "index.html"
    page.write_text("page")
    record_comparison(root, params, [page])
    ((opening, tags, metrics, artifact, end),) = recorded(root)
    assert opening["run"]["name"].startswith("repro-")
    assert metrics["values"] == {
        "accuracy/shared": 0.75,
        "accuracy/unshared": 0.25,
        "parameters/shared": 8.0,
        "length_score/hold/unshared": 0.125,
    }
    rows = tags["values"]["mlflow.note.content"].splitlines()
    assert len(rows) == 2 + 4
    assert rows[2] == "| shared-0 | missing | 1 |  |  | 8 |"
    assert rows[5] == "| unshared-1 | missing |  |  |  |  |"
    assert artifact["path"].endswith("index.html")
    assert end["status"] == "FINISHED"
