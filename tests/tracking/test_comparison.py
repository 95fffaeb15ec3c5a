import json
from pathlib import Path

import pytest

from tests.tracking.conftest import recorded
from timeshare.core.artifacts import write_json
from timeshare.tracking.comparison import record_comparison
from timeshare.tracking.identity import RunIdentity, SeedRun
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import sessions
from timeshare.tracking.workplace import Workplace

pytestmark = pytest.mark.usefixtures("no_sender")


SEED_RUNS = [
    SeedRun("parity", "shared", 0, "up to date", "a" * 64, "r0", "7"),
    SeedRun("parity", "shared", 1, "missing"),
    SeedRun("parity", "unshared", 0, "stale"),
    SeedRun("parity", "unshared", 1, "missing"),
]


def record(root: Path, files: list[Path], figures: Path | None = None, changed: dict[str, str] | None = None) -> None:
    run = RunIdentity("timeshare/parity", "repro-01234567", "b" * 64, {"timeshare.kind": "repro"})
    record_comparison(root, TrackingSettings(), {"parity": run}, SEED_RUNS, files, figures, changed)


def kept(root: Path, path: str) -> dict[str, list[list[object]]]:
    """A table as it was recorded."""
    session = next(iter(sessions(Workplace(root).spool)))
    content: dict[str, list[list[object]]] = json.loads((session.folder / path).read_text())
    return content


def test_a_repro_is_a_summary_without_metrics(tmp_path: Path) -> None:
    accuracies = {("shared", 0): 1.0, ("shared", 1): 0.5, ("unshared", 0): 0.25}
    for (model, seed), accuracy in accuracies.items():
        path = tmp_path / "results/parity" / model / str(seed) / "metrics.json"
        write_json(path, {"accuracy": accuracy, "parameters": 8})
    write_json(tmp_path / "results/parity/unshared/0/metrics.json", {"accuracy": 0.25, "length_score/hold": 0.125})
    page = tmp_path / "index.html"
    page.write_text("page")
    record(tmp_path, [page], changed={"models.shared.hidden_size": "128"})
    opening, tags, models, seed_runs, artifact, end = recorded(tmp_path)
    assert opening["run"]["name"].startswith("repro-")
    assert [models["event"], seed_runs["event"], artifact["event"]] == ["table", "table", "artifact"]
    said = tags["values"]["mlflow.note.content"]
    # Below the table, for pages fold the end of what is long.
    assert said.endswith("- `models.shared.hidden_size`: `128`")
    _, _, shared, unshared, *_ = said.splitlines()
    assert shared == "| shared | 0.750 |  |  | 8 | [0](#/experiments/7/runs/r0), 1 (missing) |"
    assert unshared == "| unshared | 0.250 |  |  |  | 0 (stale), 1 (missing) |"
    table = kept(tmp_path, models["path"])
    assert table["columns"] == ["mean over seeds", "shared", "unshared"]
    assert table["data"] == [["accuracy", 0.75, 0.25], ["parameters", 8, None], ["length_score/hold", None, 0.125]]
    table = kept(tmp_path, seed_runs["path"])
    assert table["columns"] == ["model", "seed", "state", "accuracy", "parameters", "length_score/hold"]
    assert table["data"][0] == ["shared", 0, "up to date", 1.0, 8, None]
    assert len(table["data"]) == len(SEED_RUNS)
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
