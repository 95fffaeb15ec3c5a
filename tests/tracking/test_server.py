"""The MLflow client against a real sqlite database."""

import json
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import ErrorCode
from mlflow.tracking._tracking_service.utils import _get_store

from tests.tracking.runs import run_identity
from timeshare.tracking.identity import RunIdentity
from timeshare.tracking.server import Server
from timeshare.tracking.spool import Event

# mlflow uses what its libraries deprecate.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


STARTED = 1_700_000_000_000


def points(values: list[float], name: str = "loss", start: int = 0) -> list[Event]:
    return [
        {"event": "metrics", "time": STARTED + step, "step": step, "values": {name: value}}
        for step, value in enumerate(values, start)
    ]


def history(address: str, run_id: str, name: str = "loss") -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in MlflowClient(address).get_metric_history(run_id, name)]


def fetched(address: str, run_id: str) -> Run:
    return MlflowClient(address).get_run(run_id)


def test_a_run_has_its_identity(database: str, project: Path, run: RunIdentity) -> None:
    made = Server(database, project).run(run, STARTED)
    there = fetched(database, made.run_id)
    assert MlflowClient(database).get_experiment(there.info.experiment_id).name == "timeshare/parity"
    assert there.info.run_name == "shared-0"
    assert (there.info.status, there.info.start_time) == ("RUNNING", STARTED)
    assert there.data.tags["timeshare.key"] == run.key
    assert there.data.tags["timeshare.model"] == "shared"
    (data,) = there.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("parity", run.inputs[0].digest)
    assert there.info.artifact_uri.startswith((project / "mlartifacts").as_uri())


def test_an_experiment_opens_on_its_training_runs_and_brings_its_columns(
    database: str, project: Path, run: RunIdentity
) -> None:
    """Also one of before; what somebody has set by hand stays."""
    client = MlflowClient(database)
    experiment_id = client.create_experiment(run.experiment, tags={"mlflow.experimentKind": "genai_development"})
    Server(database, project).run(run, STARTED)
    tags = client.get_experiment(experiment_id).tags
    assert tags["mlflow.experimentKind"] == "genai_development"
    other = Server(database, project).run(replace(run, experiment="timeshare/tweets"), STARTED)
    tags_of_new = client.get_experiment(other.experiment_id).tags
    assert tags_of_new["mlflow.experimentKind"] == "custom_model_development"
    state = json.loads(json.loads(tags["mlflow.sharedViewState.timeshare"])["state"])
    assert state["selectedColumns"][:5] == [
        "params.`model`",
        "params.`seed`",
        "metrics.`accuracy`",
        "metrics.`order_score`",
        "metrics.`length_score`",
    ]


def test_a_run_keeps_the_params_that_it_was_made_with(database: str, project: Path, run: RunIdentity) -> None:
    """Its name for people may be another one when it is continued: a setting is committed meanwhile."""
    made = Server(database, project).run(replace(run, params={"model": "shared hidden_size=128"}), STARTED)
    server = Server(database, project)
    again = server.run(replace(run, params={"model": "shared", "seed": "0"}), STARTED)
    server.send(again, [{"event": "params", "values": {"seed": "1", "data.rows": "7"}}], project)
    assert again.run_id == made.run_id
    expected = {"model": "shared hidden_size=128", "seed": "0", "data.rows": "7"}
    assert fetched(database, made.run_id).data.params == expected


def test_tables_are_shown_as_tables(
    database: str, project: Path, run: RunIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(database, project)
    made = server.run(run, STARTED)
    events: list[Event] = []
    for name in ("lengths", "misread"):
        (project / f"{name}.json").write_text(json.dumps({"columns": ["text"], "data": [[name]]}))
        events.append({"event": "table", "path": f"{name}.json", "folder": "tables"})
    for _ in range(2):
        server.send(made, events, project)
    listed = json.loads(fetched(database, made.run_id).data.tags["mlflow.loggedArtifacts"])
    assert listed == [{"path": f"tables/{name}.json", "type": "table"} for name in ("lengths", "misread")]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)  # `load_table` searches there, whatever the client's address
    frame = MlflowClient(database).load_table(made.experiment_id, "tables/misread.json", [made.run_id])
    assert frame["text"].tolist() == ["misread"]


def test_a_database_is_whole_or_absent(tmp_path: Path, project: Path, run: RunIdentity) -> None:
    database = tmp_path / "new.db"
    address = f"sqlite:///{database}"
    code = f"from pathlib import Path; from timeshare.tracking.server import Server; Server({address!r}, Path())"
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL) as creating:
        # Its first tables are there, and the rest takes it seconds.
        while not any(file.stat().st_size for file in tmp_path.glob(".new.db.partial-*")):
            assert creating.poll() is None
            time.sleep(0.001)
        creating.kill()
    assert not database.exists()
    assert fetched(address, Server(address, project).run(run, STARTED).run_id).info.run_name == "shared-0"
    assert not list(tmp_path.glob(".new.db*"))


def test_the_same_key_is_the_same_run_and_another_key_another(database: str, project: Path) -> None:
    first = Server(database, project).run(run_identity(key="1" * 64), STARTED)
    again = Server(database, project).run(run_identity(key="1" * 64), STARTED)
    other = Server(database, project).run(run_identity(key="2" * 64), STARTED)
    assert again.run_id == first.run_id
    assert other.run_id != first.run_id


def test_members_are_shown_under_their_repro_which_ends_after_them(
    database: str, project: Path, run: RunIdentity
) -> None:
    server = Server(database, project)
    first, second = server.run(run, STARTED), server.run(run_identity("shared-1", key="2" * 64), STARTED)
    parents = {fetched(database, made.run_id).data.tags["mlflow.parentRunId"] for made in (first, second)}
    (parent,) = parents
    assert fetched(database, parent).info.run_name == "repro-01234567"
    assert fetched(database, parent).info.status == "RUNNING"
    server.finish_parents()
    assert fetched(database, parent).info.status == "FINISHED"


def test_what_is_added_to_a_run_leaves_its_end_alone(database: str, project: Path, run: RunIdentity) -> None:
    server = Server(database, project)
    training = server.run(run, STARTED)
    server.finish(training, "FINISHED", time=STARTED + 1000)
    evaluation = server.run(replace(run, adds=True, documents={"lineage/evaluate": {"stage": "e"}}), STARTED + 9000)
    server.send(evaluation, points([0.5], "accuracy"), project)
    server.finish(evaluation, "FINISHED", time=STARTED + 9999)
    there = fetched(database, training.run_id)
    assert (there.info.status, there.info.end_time) == ("FINISHED", STARTED + 1000)
    assert there.data.metrics == {"accuracy": 0.5}
    path = MlflowClient(database).download_artifacts(training.run_id, "lineage/evaluate.json")
    assert json.loads(Path(path).read_text()) == {"stage": "e"}


def test_what_is_added_makes_and_ends_the_run_if_there_is_none(database: str, project: Path, run: RunIdentity) -> None:
    server = Server(database, project)
    made = server.run(replace(run, adds=True), STARTED)
    server.finish(made, "FINISHED", time=STARTED + 1000)
    assert fetched(database, made.run_id).info.end_time == STARTED + 1000


def test_a_batch_sent_twice_counts_once(database: str, project: Path, run: RunIdentity) -> None:
    """As after a crash between sending and recording that it was sent."""
    values = [1 / 3, 0.1, 5e-324, 1e308, -0.5]
    events: list[Event] = [
        *points(values),
        {"event": "params", "values": {"seed": "0"}},
        {"event": "tags", "values": {"note": "n"}},
        {"event": "end", "status": "FINISHED", "reason": "", "time": STARTED + 1000},
    ]
    server = Server(database, project)
    made = server.run(run, STARTED)
    for _ in range(2):
        server.send(made, events, project)
    assert [value.hex() for _, value in history(database, made.run_id)] == [value.hex() for value in values]
    there = fetched(database, made.run_id)
    assert there.data.params == {"seed": "0"}
    assert there.data.tags["note"] == "n"
    assert (there.info.status, there.info.end_time) == ("FINISHED", STARTED + 1000)


def test_a_continued_run_has_each_step_once(database: str, project: Path, run: RunIdentity) -> None:
    """Killed after step 4, begun again at the checkpoint after step 2: steps 3 and 4 come twice, at other times."""
    server = Server(database, project)
    made = server.run(run, STARTED)
    server.send(made, points([5, 4, 3, 2, 1]), project)
    server.finish(made, "KILLED", "the process was killed")
    assert fetched(database, made.run_id).info.status == "KILLED"
    assert fetched(database, made.run_id).data.tags["timeshare.reason"] == "the process was killed"

    continued = server.run(run, STARTED)
    assert fetched(database, made.run_id).info.status == "RUNNING"
    assert "timeshare.reason" not in fetched(database, made.run_id).data.tags
    repeated = points([2, 1, 0.5], start=3)
    for event in repeated:
        event["time"] += 60_000
    server.send(continued, repeated, project)
    assert continued.run_id == made.run_id
    assert history(database, made.run_id) == list(enumerate([5, 4, 3, 2, 1, 0.5]))


def test_a_figure_measured_anew_replaces_the_old(database: str, project: Path, run: RunIdentity) -> None:
    server = Server(database, project)
    server.send(server.run(run, STARTED), points([0.5], "accuracy"), project)
    better = points([0.75], "accuracy")
    better[0]["time"] += 1
    made = server.run(run, STARTED)
    server.send(made, better, project)
    assert fetched(database, made.run_id).data.metrics["accuracy"] == 0.75


def test_more_than_a_request_takes(database: str, project: Path, run: RunIdentity) -> None:
    server = Server(database, project)
    made = server.run(run, STARTED)
    params = {f"p{number}": "x" * 7000 for number in range(250)}
    server.send(made, [*points([float(step) for step in range(2300)]), {"event": "params", "values": params}], project)
    assert history(database, made.run_id) == [(step, float(step)) for step in range(2300)]
    assert len(fetched(database, made.run_id).data.params) == 250


def test_a_deleted_experiment_is_restored(database: str, project: Path, run: RunIdentity) -> None:
    made = Server(database, project).run(run, STARTED)
    MlflowClient(database).delete_experiment(made.experiment_id)
    assert Server(database, project).run(run, STARTED).experiment_id == made.experiment_id


def test_a_run_is_told_lost_unless_its_experiment_can_be_restored(
    database: str, project: Path, run: RunIdentity
) -> None:
    client, server = MlflowClient(database), Server(database, project)
    made = server.run(run, STARTED)
    assert not server.has_lost(made)
    client.delete_experiment(made.experiment_id)
    with pytest.raises(MlflowException, match="active") as caught:
        server.send(made, points([1.0]), project)
    assert server.refuses(caught.value)
    assert not server.has_lost(made)
    server.send(made, points([1.0]), project)
    assert history(database, made.run_id) == [(0, 1.0)]
    client.delete_run(made.run_id)
    assert server.has_lost(made)
    again = server.run(run, STARTED)
    assert again.run_id != made.run_id, "what comes later has a run again"

    client.delete_experiment(made.experiment_id)
    store = _get_store(database)
    for gone in (made, again):  # As `mlflow gc` does.
        store._hard_delete_run(gone.run_id)
    store._hard_delete_experiment(made.experiment_id)
    assert server.has_lost(made)
    assert server.has_lost(again)
    anew = server.run(run, STARTED)
    assert not server.has_lost(anew)
    assert fetched(database, anew.run_id).info.experiment_id == anew.experiment_id


def test_an_empty_double_is_removed(database: str, project: Path, run: RunIdentity) -> None:
    server = Server(database, project)
    made = server.run(run, STARTED)
    double = MlflowClient(database).create_run(made.experiment_id, tags={"timeshare.key": run.key})
    assert server.run(run, STARTED).run_id == made.run_id
    assert fetched(database, double.info.run_id).info.lifecycle_stage == "deleted"


def test_an_unknown_event_is_refused(database: str, project: Path, run: RunIdentity) -> None:
    server = Server(database, project)
    with pytest.raises(ValueError, match="damaged"):
        server.send(server.run(run, STARTED), [{"event": "damaged"}], project)


def test_a_database_that_is_down_is_noticed_at_once(project: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        Server(f"postgresql+psycopg://me:secret@127.0.0.1:{port}/mlflow", project)


def test_what_the_server_will_not_have_is_told_from_what_can_be_mended(
    database: str, project: Path, run: RunIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(database, project)
    made = server.run(run, STARTED)
    with pytest.raises(MlflowException, match="Names may only contain") as caught:
        server.send(made, points([1.0], "bad%name"), project)
    assert server.refuses(caught.value)
    assert server.refuses(ValueError("a mistake of ours"))
    for code in ("PERMISSION_DENIED", "REQUEST_LIMIT_EXCEEDED", "INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE"):
        assert not server.refuses(MlflowException("x", ErrorCode.Value(code)))
    monkeypatch.setattr(server, "answers", lambda: False)
    assert not server.refuses(OSError("an artifact's upload broke off"))
