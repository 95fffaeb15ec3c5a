import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.tracking.conftest import recorded
from timeshare.stopping import Stopped
from timeshare.tracking.identity import RunIdentity
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import Event, sessions
from timeshare.tracking.system import SystemMetrics
from timeshare.tracking.tracker import Tracker
from timeshare.tracking.workplace import Workplace

pytestmark = pytest.mark.usefixtures("no_sender")


def test_events_of_a_run(project: Path, settings: TrackingSettings, run: RunIdentity) -> None:
    with Tracker.open(project, settings, run) as recorder:
        recorder.params({"model": {"hidden_size": 64, "sharing": "shared"}, "seed": 0})
        recorder.metrics({"train_loss": 0.5, "epoch": 1}, step=7)
        recorder.tags({"note": "n"})
    opening, params, metrics, tags, end = recorded(project)
    assert RunIdentity.from_json(opening["run"]) == run
    assert params["values"] == {"model.hidden_size": "64", "model.sharing": "shared", "seed": "0"}
    assert (metrics["step"], metrics["values"]) == (7, {"train_loss": 0.5, "epoch": 1.0})
    assert abs(metrics["time"] - 1000 * time.time()) < 60_000
    assert tags["values"] == {"note": "n"}
    assert (end["event"], end["status"], end["reason"]) == ("end", "FINISHED", "")


def test_curves_are_points_in_the_order_of_their_steps(
    project: Path, settings: TrackingSettings, run: RunIdentity
) -> None:
    with Tracker.open(project, settings, run) as recorder:
        recorder.curves({"by_length": {3: 0.5, 1: 1.0}, "by_length/hold": {1: 0.25}})
    _, *points, _ = recorded(project)
    assert [(point["step"], point["values"]) for point in points] == [
        (1, {"by_length": 1.0, "by_length/hold": 0.25}),
        (3, {"by_length": 0.5}),
    ]


def test_a_table_is_kept_as_mlflow_writes_one(project: Path, settings: TrackingSettings, run: RunIdentity) -> None:
    with Tracker.open(project, settings, run) as recorder:
        recorder.table("misread", ("text", "label"), [("a \u00e9", None), ("b", "c")])
    _, table, _ = recorded(project)
    (session,) = sessions(Workplace(project).spool)
    content = json.loads((session.folder / table["path"]).read_text())
    assert content == {"columns": ["text", "label"], "data": [["a \u00e9", None], ["b", "c"]]}
    assert (Path(table["path"]).name, table["folder"]) == ("misread.json", "tables")


class _Terminated(BaseException):
    pass


def _spoilt_by_a_stop() -> RuntimeError:
    """What a library raises that is stopped in the middle, and then fails at cleaning up."""
    error = RuntimeError("closed before it was open")
    error.__context__ = Stopped(signal.SIGTERM)
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("bad"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(143), "KILLED"),
        (_Terminated(), "KILLED"),
        (_spoilt_by_a_stop(), "KILLED"),
    ],
)
def test_the_end_says_how_it_came_and_the_error_goes_on(
    project: Path, settings: TrackingSettings, run: RunIdentity, error: BaseException, status: str
) -> None:
    with pytest.raises(type(error)), Tracker.open(project, settings, run):
        raise error
    assert recorded(project)[-1]["status"] == status
    assert recorded(project)[-1]["reason"].startswith(type(error).__name__)


def test_switched_off_it_leaves_no_trace(project: Path, run: RunIdentity) -> None:
    with Tracker.open(project, TrackingSettings(enabled=False, system_metrics=True), run) as recorder:
        recorder.params({"a": 1})
        recorder.metrics({"a": 1.0})
        recorder.artifact(project / "absent")
    assert list(project.iterdir()) == []


def test_others_cannot_read_the_spool(project: Path, settings: TrackingSettings, run: RunIdentity) -> None:
    with Tracker.open(project, settings, run):
        (session,) = sessions(Workplace(project).spool)
        assert (session.folder / "events.jsonl").stat().st_mode & 0o077 == 0
        assert session.folder.stat().st_mode & 0o077 == 0


def test_a_full_disk_ends_the_recording_and_nothing_else(
    project: Path,
    settings: TrackingSettings,
    run: RunIdentity,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Tracker.open(project, settings, run) as recorder:
        monkeypatch.setattr(os, "write", full)
        recorder.metrics({"loss": 1.0}, step=0)
        monkeypatch.undo()
        recorder.metrics({"loss": 1.0}, step=1)
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "No space left on device" in message
    assert [event["event"] for event in recorded(project)] == ["open"]


def test_a_read_only_project_is_not_tracked(
    project: Path, settings: TrackingSettings, run: RunIdentity, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".timeshare").write_text("in the way")
    with Tracker.open(project, settings, run) as recorder:
        recorder.metrics({"loss": 1.0})
    assert capsys.readouterr().err.startswith("tracking: this run is not recorded")


def test_system_metrics_have_the_names_of_the_mlflow_pages() -> None:
    samples: list[Event] = []
    system = SystemMetrics(samples.append, interval=0.01)
    system.start()
    deadline = time.monotonic() + 10
    while len(samples) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    system.stop()
    taken = len(samples)
    assert [sample["step"] for sample in samples] == list(range(taken))
    assert taken >= 3
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_percentage"} <= set(samples[0]["values"])
    time.sleep(0.05)
    assert len(samples) == taken


def test_system_metrics_are_on_by_the_setting_alone(project: Path, run: RunIdentity) -> None:
    for wanted in (False, True):
        before = threading.active_count()
        with Tracker.open(project, TrackingSettings(system_metrics=wanted), run):
            assert threading.active_count() == before + wanted
        assert threading.active_count() == before


@pytest.mark.parametrize("copy", [".dvc/tmp/exps/abc123", ".dvc/tmp/exps/standalone/tmp42"])
def test_experiments_in_throw_away_copies_are_recorded_in_the_project(project: Path, copy: str) -> None:
    root = project / copy
    root.mkdir(parents=True)
    assert Workplace(root).project == project
    assert Workplace(project).project == project


def test_a_stage_does_not_import_mlflow_or_torch() -> None:
    program = (
        "import sys; import timeshare.tracking.tracker, timeshare.pipeline.members; "
        "print(sorted({'mlflow', 'torch', 'lightning', 'pandas'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
