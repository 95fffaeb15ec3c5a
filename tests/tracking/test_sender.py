"""The sender as a process, with stages that are processes and a real MLflow server."""

import random
import shutil
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.tracking.processes import (
    FOREVER,
    MlflowServer,
    PostgreSQL,
    Start,
    finish,
    recorded_run,
    sender_of,
    steps,
    stop_sender,
    wait_until,
)
from timeshare.tracking.delivery import Outage, drain, ensure_sender
from timeshare.tracking.identity import RunIdentity
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import sessions
from timeshare.tracking.tracker import Tracker
from timeshare.tracking.workplace import Workplace, held

# mlflow uses what its libraries deprecate.
pytestmark = [pytest.mark.pipeline, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
# Seconds; what is waited for comes within a few on a machine that is not busy, but a database takes longer to make.
PATIENCE = 180


def stop(project: Path) -> None:
    """Tell the project's stages to end."""
    (project / "stop").touch()


def test_points_appear_while_the_stage_runs(project: Path, database: str, stage: Start) -> None:
    process = stage(database, last=FOREVER, pause=0.01)
    wait_until(lambda: len(steps(database)) > 10)
    assert process.poll() is None, "the stage still runs"
    assert recorded_run(database).info.status == "RUNNING"
    stop(project)
    reached, messages = finish(process)
    assert messages == ""
    assert drain(project, PATIENCE).left == 0
    assert steps(database) == list(range(reached))
    assert recorded_run(database).info.status == "FINISHED"


@pytest.mark.thorough
def test_stages_at_once_on_a_new_database_lose_nothing(project: Path, new_store: str, stage: Start) -> None:
    names = [f"shared-{seed}" for seed in range(4)]
    for process in [stage(new_store, name) for name in names]:
        assert finish(process) == (100, "")
    assert drain(project, PATIENCE).left == 0
    for name in names:
        assert steps(new_store, name) == list(range(100))


def test_a_killed_stage_is_shown_so_and_continued(
    project: Path, new_store: str, empty_database: Path, stage: Start
) -> None:
    if new_store.startswith("sqlite"):  # which two that look at it for the first time at once would both make
        shutil.copy(empty_database, project / "mlflow.db")
    process = stage(new_store, last=FOREVER, pause=0.01)
    wait_until(lambda: len(steps(new_store)) > 10)
    process.kill()
    wait_until(lambda: recorded_run(new_store).info.status == "KILLED")
    killed = recorded_run(new_store)
    reached = len(steps(new_store))

    finish(stage(new_store, first=reached - 5, last=reached + 20))
    assert drain(project, PATIENCE).left == 0
    assert recorded_run(new_store).info.run_id == killed.info.run_id
    assert recorded_run(new_store).info.status == "FINISHED"
    assert steps(new_store) == list(range(reached + 20))


def test_an_interrupted_stage_is_shown_as_killed(project: Path, database: str, stage: Start) -> None:
    process = stage(database, last=FOREVER, pause=0.01)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert drain(project, PATIENCE).left == 0
    run = recorded_run(database)
    assert (run.info.status, run.data.tags["timeshare.reason"]) == ("KILLED", "KeyboardInterrupt: ")


@pytest.mark.thorough
def test_a_sender_killed_again_and_again_sends_each_point_once(project: Path, database: str, stage: Start) -> None:
    moments = random.Random(0)
    process = stage(database, last=FOREVER, pause=0.001)
    for _ in range(5):
        before = len(steps(database))
        wait_until(lambda before=before: len(steps(database)) > before)
        time.sleep(moments.random())
        assert stop_sender(project)
        ensure_sender(project)
    stop(project)
    reached, _ = finish(process)
    assert drain(project, PATIENCE).left == 0
    assert steps(database) == list(range(reached))


def test_an_experiment_that_is_deleted_meanwhile_is_restored_and_nothing_is_lost(
    project: Path, database: str, stage: Start
) -> None:
    process = stage(database, last=FOREVER, pause=0.01)
    wait_until(lambda: len(steps(database)) > 10)
    MlflowClient(database).delete_experiment(recorded_run(database).info.experiment_id)
    before = len(steps(database))
    wait_until(lambda: len(steps(database)) > before)
    assert finish(stage(database, "shared-1")) == (100, "")
    stop(project)
    reached, messages = finish(process)
    assert messages == ""
    assert drain(project, PATIENCE)[1:3] == (0, 0)
    assert steps(database) == list(range(reached))
    assert steps(database, "shared-1") == list(range(100))
    assert recorded_run(database).info.status == "FINISHED"
    assert "Traceback" not in Workplace(project).log.read_text()


def test_a_database_that_is_removed_is_made_anew_and_gets_what_comes_later(
    project: Path, database: str, stage: Start
) -> None:
    finish(stage(database))
    assert drain(project, PATIENCE).left == 0
    (project / "mlflow.db").unlink()
    assert held(Workplace(project).lock), "the sender still has the old one open"
    finish(stage(database, "shared-1"))
    assert drain(project, PATIENCE)[1:3] == (0, 0)
    with closing(sqlite3.connect(project / "mlflow.db")) as made:
        names = made.execute("SELECT name FROM runs WHERE name LIKE 'shared-%'").fetchall()
        assert names == [("shared-1",)]
        assert made.execute("SELECT count(*) FROM metrics WHERE key = 'loss'").fetchone() == (100,)


def test_there_is_one_sender(project: Path, database: str, stage: Start) -> None:
    process = stage(database, last=FOREVER, pause=0.01)
    wait_until(lambda: held(Workplace(project).lock))
    first = sender_of(project)
    for _ in range(5):
        ensure_sender(project)
    finish(stage(database, "shared-1"))
    stop(project)
    finish(process)
    assert drain(project, PATIENCE).left == 0
    assert sender_of(project) == first is not None


@pytest.mark.thorough
def test_a_server_away_from_the_start_delays_nothing_and_gets_all_later(
    project: Path, server: MlflowServer, stage: Start
) -> None:
    process = stage(server.uri, last=FOREVER, pause=0.01)
    wait_until(lambda: (outage := Outage.read(Workplace(project))) is not None and outage.established)
    stop(project)
    reached, message = finish(process)
    assert message.count("\n") == 1, message
    assert "Connection refused" in message
    assert "timeshare sync" in message
    (project / "stop").unlink()
    assert finish(stage(server.uri, "shared-1")) == (100, ""), "one warning for one outage"

    delivered = drain(project, PATIENCE)
    assert (delivered.sent, delivered.left) == (0, 2 * 3 + reached + 100)
    assert "Connection refused" in delivered.reason

    server.start()
    assert drain(project, PATIENCE).left == 0
    assert Outage.read(Workplace(project)) is None
    assert sessions(Workplace(project).spool) == []
    assert steps(server.uri) == list(range(reached))
    assert steps(server.uri, "shared-1") == list(range(100))


@pytest.mark.thorough
def test_each_point_arrives_once_whatever_is_killed(
    project: Path, store: MlflowServer | PostgreSQL, stage: Start
) -> None:
    store.start()
    process = stage(store.uri, last=FOREVER, pause=0.005)
    wait_until(lambda: len(steps(store.uri)) > 50)
    store.kill()
    store.start()
    before = len(steps(store.uri))
    wait_until(lambda: len(steps(store.uri)) > before)
    stop_sender(project)
    store.kill()
    stop(project)
    reached, _ = finish(process)
    (project / "stop").unlink()
    finish(stage(store.uri, "shared-1"))
    delivered = drain(project, PATIENCE)
    assert delivered.left > 0
    assert "secret" not in delivered.reason

    store.start()
    assert drain(project, PATIENCE).left == 0
    assert Outage.read(Workplace(project)) is None
    assert steps(store.uri) == list(range(reached))
    assert steps(store.uri, "shared-1") == list(range(100))
    assert recorded_run(store.uri).info.status == "FINISHED"


def test_a_server_that_never_answers_delays_nothing(project: Path, stage: Start) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        uri = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        assert finish(stage(uri)) == (100, "")
        delivered = drain(project, 1.0)
    assert delivered.left == 100 + 3
    assert "within 1 s" in delivered.reason


@pytest.mark.parametrize("place", ["database", pytest.param("server", marks=pytest.mark.thorough)])
def test_artifacts_arrive(project: Path, run: RunIdentity, place: str, request: pytest.FixtureRequest) -> None:
    held_by = request.getfixturevalue(place)
    uri = held_by if isinstance(held_by, str) else held_by.uri
    if isinstance(held_by, MlflowServer):
        held_by.start()
    (project / "params.yaml").write_text("seed: 0\n")
    (project / "plots").mkdir()
    (project / "plots" / "curve.csv").write_text("a\n")
    with Tracker.open(project, TrackingSettings(uri=uri), run) as tracker:
        tracker.artifact(project / "params.yaml")
        tracker.artifact(project / "plots", "report")
    assert drain(project, PATIENCE).left == 0
    run_id = recorded_run(uri).info.run_id
    client = MlflowClient(uri)
    assert [entry.path for entry in client.list_artifacts(run_id)] == ["params.yaml", "report"]
    assert Path(client.download_artifacts(run_id, "report/plots/curve.csv")).read_text() == "a\n"
