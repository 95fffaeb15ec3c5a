from pathlib import Path

import pytest

from tests.tracking.conftest import recorded
from timeshare.core.artifacts import write_json
from timeshare.params.params import Params
from timeshare.tracking.comparison import record_comparison
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import sessions
from timeshare.tracking.workplace import Workplace

pytestmark = pytest.mark.usefixtures("no_sender")


def test_switched_off_it_reads_nothing(project: Path, params: Params) -> None:
    record_comparison(project, params.model_copy(update={"tracking": TrackingSettings(enabled=False)}), [])
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
    opening, tags, metrics, artifact, end = recorded(root)
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


def test_a_dataset_gets_its_own_figures(prepared_pipeline: Path, params: Params, tmp_path: Path) -> None:
    for name in ("parity/length.svg", "parity/order.svg", "other/length.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    record_comparison(prepared_pipeline, params, [], tmp_path)
    *_, first, second, _end = recorded(prepared_pipeline)
    assert [first["folder"], second["folder"]] == ["figures", "figures"]
    assert [Path(event["path"]).name for event in (first, second)] == ["length.svg", "order.svg"]
    session = next(iter(sessions(Workplace(prepared_pipeline).spool)))
    kept = sorted(path.read_text() for path in session.folder.rglob("*.svg"))
    assert kept == ["parity/length.svg", "parity/order.svg"]
