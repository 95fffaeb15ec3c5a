"""The sender as a process, with stages that are processes and a real MLflow server."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from tests.train.tracking.conftest import sender_of, stop_sender, wait_until
from timeshare.config.settings import TrackingSettings
from timeshare.train.tracking.delivery import Outage, drain, ensure_sender
from timeshare.train.tracking.identity import RunIdentity
from timeshare.train.tracking.spool import sessions
from timeshare.train.tracking.tracker import Tracker
from timeshare.train.tracking.workplace import Workplace, held

# mlflow uses what its libraries deprecate.
pytestmark = [pytest.mark.pipeline, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

STAGE = """
import sys, time
from pathlib import Path
from tests.train.tracking.conftest import run_identity
from timeshare.config.settings import TrackingSettings
from timeshare.train.tracking.tracker import Tracker

root, uri, name, first, last, pause = sys.argv[1:]
run = run_identity(name, key=name.ljust(64, "0"))
with Tracker.open(Path(root), TrackingSettings(uri=uri), run) as tracker:
    tracker.params({"seed": 0})
    print("open", flush=True)
    for step in range(int(first), int(last)):
        tracker.metrics({"loss": 1 / (step + 1), "accuracy": step / 7}, step)
        time.sleep(float(pause))
print("done", flush=True)
"""


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def stage(project: Path) -> Iterator[Start]:
    """Starts a stage of the project that records steps first..last-1; one that is left over is ended."""
    started: list[subprocess.Popen[str]] = []
    repository = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{repository}:{repository / 'src'}"}

    def start(
        uri: str, name: str = "shared-0", first: int = 0, last: int = 100, pause: float = 0.0
    ) -> "subprocess.Popen[str]":
        arguments = [sys.executable, "-c", STAGE, str(project), uri, name, str(first), str(last), str(pause)]
        process = subprocess.Popen(
            arguments, cwd=project, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a stage that must end well; what it said on stderr."""
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return errors


def find_run(uri: str, name: str = "shared-0") -> Run | None:
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("timeshare/parity")
    if experiment is None:
        return None
    runs = client.search_runs([experiment.experiment_id], f"attributes.run_name = '{name}'")
    assert len(runs) <= 1, "the run is there twice"
    return runs[0] if runs else None


def recorded_run(uri: str, name: str = "shared-0") -> Run:
    run = find_run(uri, name)
    assert run is not None
    return run


def steps(uri: str, name: str = "shared-0") -> list[int]:
    """Steps of the run's loss, in the order of the server; their values are checked."""
    run = find_run(uri, name)
    if run is None:
        return []
    history = MlflowClient(uri).get_metric_history(run.info.run_id, "loss")
    assert all(point.value == 1 / (point.step + 1) for point in history)
    return [point.step for point in history]


class MlflowServer:
    """A server process on a port of its own, over a database that outlives it."""

    def __init__(self, folder: Path, database: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self._port}"
        self._folder, self._database = folder, database
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self._port)]
        command += ["--workers", "1", "--backend-store-uri", self._database]
        command += ["--artifacts-destination", str(self._folder / "artifacts")]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers, seconds=60)

    def kill(self) -> None:
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            wait_until(lambda: not self._answers())

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


@pytest.fixture
def server(tmp_path: Path, empty_database: Path) -> Iterator[MlflowServer]:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "mlflow.db").write_bytes(empty_database.read_bytes())
    server = MlflowServer(folder, f"sqlite:///{folder / 'mlflow.db'}")
    yield server
    server.kill()


def test_points_appear_while_the_stage_runs(project: Path, database: str, stage: Start) -> None:
    process = stage(database, last=1000, pause=0.01)
    wait_until(lambda: len(steps(database)) > 10)
    assert process.poll() is None, "the stage still runs"
    assert recorded_run(database).info.status == "RUNNING"
    finish(process)
    assert drain(project, 120).left == 0
    assert steps(database) == list(range(1000))
    assert recorded_run(database).info.status == "FINISHED"


def test_stages_at_once_on_a_new_project_lose_nothing(project: Path, stage: Start) -> None:
    uri = f"sqlite:///{project / 'mlflow.db'}"
    names = [f"shared-{seed}" for seed in range(4)]
    for process in [stage(uri, name) for name in names]:
        assert finish(process) == ""
    assert drain(project, 120).left == 0
    for name in names:
        assert steps(uri, name) == list(range(100))


def test_a_killed_stage_is_shown_so_and_continued(project: Path, database: str, stage: Start) -> None:
    process = stage(database, last=1000, pause=0.01)
    wait_until(lambda: len(steps(database)) > 10)
    process.kill()
    process.communicate()
    wait_until(lambda: recorded_run(database).info.status == "KILLED")
    killed = recorded_run(database)
    reached = len(steps(database))

    finish(stage(database, first=reached - 5, last=reached + 20))
    assert drain(project, 120).left == 0
    assert recorded_run(database).info.run_id == killed.info.run_id
    assert recorded_run(database).info.status == "FINISHED"
    assert steps(database) == list(range(reached + 20))


def test_a_stage_that_is_interrupted_is_shown_as_killed(project: Path, database: str, stage: Start) -> None:
    process = stage(database, last=1000, pause=0.01)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert drain(project, 120).left == 0
    run = recorded_run(database)
    assert (run.info.status, run.data.tags["timeshare.reason"]) == ("KILLED", "KeyboardInterrupt: ")


def test_a_sender_killed_again_and_again_sends_each_point_once(project: Path, database: str, stage: Start) -> None:
    moments = random.Random(0)
    process = stage(database, last=4000, pause=0.002)
    kills = 0
    while process.poll() is None:
        wait_until(lambda: held(Workplace(project).lock) or process.poll() is not None)
        time.sleep(2.0 + moments.random())
        kills += stop_sender(project)
        ensure_sender(project)
    finish(process)
    assert kills >= 3
    assert drain(project, 120).left == 0
    assert steps(database) == list(range(4000))


def test_there_is_one_sender(project: Path, database: str, stage: Start) -> None:
    process = stage(database, last=300, pause=0.01)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    wait_until(lambda: held(Workplace(project).lock))
    first = sender_of(project)
    for _ in range(5):
        ensure_sender(project)
    finish(process)
    assert drain(project, 120).left == 0
    assert sender_of(project) == first


def test_a_server_away_from_the_start_delays_nothing_and_gets_all_later(
    project: Path, server: MlflowServer, stage: Start
) -> None:
    messages = finish(stage(server.uri, last=400, pause=0.02))
    assert messages.count("\n") == 1, messages
    assert "Connection refused" in messages
    assert "timeshare sync" in messages
    assert finish(stage(server.uri, "shared-1")) == "", "one warning for one outage"

    delivered = drain(project, 60)
    assert (delivered.sent, delivered.left) == (0, 2 * 3 + 400 + 100)
    assert "Connection refused" in delivered.reason

    server.start()
    assert drain(project, 120).left == 0
    assert Outage.read(Workplace(project)) is None
    assert sessions(Workplace(project).spool) == []
    assert steps(server.uri) == list(range(400))
    assert steps(server.uri, "shared-1") == list(range(100))


def test_a_server_killed_in_between_gets_each_point_once(project: Path, server: MlflowServer, stage: Start) -> None:
    server.start()
    process = stage(server.uri, last=1500, pause=0.01)
    for reached in (100, 500):
        wait_until(lambda reached=reached: len(steps(server.uri)) > reached)
        server.kill()
        time.sleep(1.0)
        server.start()
    finish(process)
    server.kill()  # And at the end.
    server.start()
    assert drain(project, 120).left == 0
    assert steps(server.uri) == list(range(1500))
    assert recorded_run(server.uri).info.status == "FINISHED"


def test_a_server_that_never_answers_delays_nothing(project: Path, stage: Start) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        uri = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        finish(stage(uri))  # The sender's first request alone would take longer than communicate() waits.
        delivered = drain(project, 1.0)
    assert delivered.left == 100 + 3
    assert "within 1 s" in delivered.reason


def test_artifacts_go_through_a_server(project: Path, server: MlflowServer, run: RunIdentity) -> None:
    server.start()
    (project / "params.yaml").write_text("seed: 0\n")
    (project / "plots").mkdir()
    (project / "plots" / "curve.csv").write_text("a\n")
    with Tracker.open(project, TrackingSettings(uri=server.uri), run) as tracker:
        tracker.artifact(project / "params.yaml")
        tracker.artifact(project / "plots", "report")
    assert drain(project, 120).left == 0
    run_id = recorded_run(server.uri).info.run_id
    client = MlflowClient(server.uri)
    assert [entry.path for entry in client.list_artifacts(run_id)] == ["params.yaml", "report"]
    assert Path(client.download_artifacts(run_id, "report/plots/curve.csv")).read_text() == "a\n"
