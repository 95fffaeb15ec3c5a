from pathlib import Path

import pytest

from tests.tracking.conftest import recorded
from timeshare.core.artifacts import write_json
from timeshare.tracking.comparison import record_comparison
from timeshare.tracking.identity import MemberRun, RunIdentity
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import sessions
from timeshare.tracking.workplace import Workplace

pytestmark = pytest.mark.usefixtures("no_sender")


MEMBERS = [MemberRun("parity", model, seed, "missing") for model in ("shared", "unshared") for seed in (0, 1)]


def record(root: Path, files: list[Path], figures: Path | None = None) -> None:
    run = RunIdentity("timeshare/parity", "repro-01234567", "b" * 64, {"timeshare.kind": "repro"})
    record_comparison(root, TrackingSettings(), {"parity": run}, MEMBERS, files, figures)


def test_the_comparison_has_each_models_mean_and_each_members_row(tmp_path: Path) -> None:
    accuracies = {("shared", 0): 1.0, ("shared", 1): 0.5, ("unshared", 0): 0.25}
    for (model, seed), accuracy in accuracies.items():
        path = tmp_path / "results/parity" / model / str(seed) / "metrics.json"
        write_json(path, {"accuracy": accuracy, "parameters": 8})
    write_json(tmp_path / "results/parity/unshared/0/metrics.json", {"accuracy": 0.25, "length_score/hold": 0.125})
    page = tmp_path / "index.html"
    page.write_text("page")
    record(tmp_path, [page])
    opening, tags, metrics, artifact, end = recorded(tmp_path)
    assert opening["run"]["name"].startswith("repro-")
    assert metrics["values"] == {
        "accuracy/shared": 0.75,
        "accuracy/unshared": 0.25,
        "parameters/shared": 8.0,
        "length_score/hold/unshared": 0.125,
    }
    rows = tags["values"]["mlflow.note.content"].splitlines()
    assert len(rows) == 2 + 4
    assert rows[2] == "| shared-0 | missing | 1.000 |  |  | 8 |"
    assert rows[5] == "| unshared-1 | missing |  |  |  |  |"
    assert artifact["path"].endswith("index.html")
    assert end["status"] == "FINISHED"


def test_a_dataset_gets_its_own_figures(tmp_path: Path) -> None:
    for name in ("parity/length.svg", "parity/order.svg", "other/length.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    record(tmp_path, [], tmp_path)
    *_, first, second, _end = recorded(tmp_path)
    assert [first["folder"], second["folder"]] == ["figures", "figures"]
    assert [Path(event["path"]).name for event in (first, second)] == ["length.svg", "order.svg"]
    session = next(iter(sessions(Workplace(tmp_path).spool)))
    kept = sorted(path.read_text() for path in session.folder.rglob("*.svg"))
    assert kept == ["parity/length.svg", "parity/order.svg"]
