"""A training that is killed and run again is one run in MLflow, with each point of its curves once."""

import csv
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.tracking.processes import stop_sender
from tests.trust.conftest import PARAMS, Server, write_params
from tests.trust.test_checkpoints import TRAIN, epochs
from timeshare.core.artifacts import read_json, write_json
from timeshare.tracking.delivery import drain

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.thorough,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def tracked(own_project: Path) -> Iterator[Path]:
    """A project that records its runs, and whose sender is ended with the test."""
    write_params(own_project, PARAMS | {"tracking": {"enabled": True}})
    # A seed that is still true would not be trained.
    shutil.rmtree(own_project / "models/parity/shared")
    path = own_project / "data/prepared/parity/meta.json"
    of_rows = {"left_out": {"in_test": 3}, "unseen": {"valid": 0.25, "test": 0.0}}
    write_json(path, read_json(path) | of_rows | {"remarks": ["one text has two labels"]})
    yield own_project
    stop_sender(own_project)


@pytest.mark.parametrize(
    ("event", "at", "before", "after"),
    [
        # The spool comes into its place by a rename, and then the checkpoint of each epoch.
        pytest.param("os.rename", 4, [1, 2, 3], [3, 4], id="in the third epoch"),
        # When the model is in place the checkpoint is removed.
        pytest.param("shutil.rmtree", 1, [1, 2, 3, 4], [], id="after the last"),
    ],
)
def test_each_point_of_a_killed_training_is_there_once(
    server: Server, tracked: Path, event: str, at: int, before: list[int], after: list[int]
) -> None:
    killed = server.run(tracked, *TRAIN, signum=signal.SIGKILL, event=event, at=at)
    assert killed.status == -signal.SIGKILL
    assert epochs(killed.error) == before
    again = server.run(tracked, *TRAIN)
    assert again.status == 0, again.error
    assert epochs(again.error) == after
    assert drain(tracked, 120).left == 0

    client = MlflowClient(f"sqlite:///{tracked / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("timeshare/parity")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id], "attributes.run_name = 'shared-0'")
    assert run.info.status == "FINISHED"
    curves = {name: client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
    for name, points in curves.items():
        assert len({point.step for point in points}) == len(points), f"{name} has a step twice"
    with (tracked / "models/parity/shared/0/curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    for name in ("train_loss", "valid_loss", "train_accuracy", "valid_accuracy"):
        assert [point.value for point in curves[f"epoch/{name}"]] == [float(row[name]) for row in rows]
    facts = {name: value for name, value in run.data.params.items() if name.startswith("data.")}
    meta = read_json(tracked / "data/prepared/parity/meta.json")
    assert facts == {
        **{f"data.rows.{split}": str(content["rows"]) for split, content in meta["splits"].items()},
        "data.unseen.valid": "0.25",
        "data.unseen.test": "0.0",
        "data.left_out.in_test": "3",
        "data.remarks": "one text has two labels",
    }
    steps = [point.step for point in curves["step/train_loss"]]
    assert steps == list(range(len(steps)))
    assert len(steps) > 4 * 10
