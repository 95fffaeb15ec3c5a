"""Stages, senders and MLflow servers as processes, and what a server has of a stage's run."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from timeshare.tracking.workplace import Workplace, held

# Records steps first..last-1, or until the project has a file `stop`; says when it began, and at which step it ended.
STAGE = """
import sys, time
from pathlib import Path
from tests.tracking.runs import run_identity
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.tracker import Tracker

root, uri, name, first, last, pause = sys.argv[1:]
run = run_identity(name, key=name.ljust(64, "0"))
step = int(first)
with Tracker.open(Path(root), TrackingSettings(uri=uri), run) as tracker:
    tracker.params({"seed": 0})
    print("open", flush=True)
    while step < int(last) and not Path("stop").exists():
        tracker.metrics({"loss": 1 / (step + 1), "accuracy": step / 7}, step)
        time.sleep(float(pause))
        step += 1
print(step)
"""
FOREVER = 10**6
# Debian's PostgreSQL, which refuses to run as root; its package brings a user for it.
POSTGRESQL = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
POSTGRESQL_USER = "postgres" if os.geteuid() == 0 else None
Start = Callable[..., "subprocess.Popen[str]"]


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a stage, which must end well; the step it reached, and what it said on stderr."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return int(output.split()[-1]), errors


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


class PostgreSQL:
    """A database cluster of its own, on a port of its own of 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.uri = f"postgresql://mlflow:secret@127.0.0.1:{self._port}/postgres"
        password = folder / "password"
        password.write_text("secret\n")
        password.chmod(0o644)
        access = ("--encoding=UTF8", "--auth=scram-sha-256", "--username=mlflow", f"--pwfile={password}")
        self._run("initdb", *access, "--no-sync", "--pgdata=data")

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self._port} -c unix_socket_directories="
        self._run("pg_ctl", "start", "--wait", "--pgdata=data", "--log=log", "-o", options)

    def kill(self) -> None:
        """Stop it as a crash would, if it runs."""
        if (self._folder / "data/postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--mode=immediate", "--pgdata=data")

    def _run(self, program: str, *arguments: str) -> None:
        environment = {**os.environ, "LC_ALL": "C"}
        subprocess.run(
            [POSTGRESQL / program, *arguments],
            cwd=self._folder,
            env=environment,
            user=POSTGRESQL_USER,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def sender_of(root: Path) -> int | None:
    """Process id of a project's sender."""
    wanted = str(Workplace(root).project).encode()
    for process in Path("/proc").iterdir():
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"timeshare.tracking.sender" in arguments and wanted in arguments:
            return int(process.name)
    return None


def stop_sender(root: Path, signum: int = signal.SIGKILL) -> bool:
    """End a project's sender and wait until it is gone; whether there was one."""
    process = sender_of(root)
    if process is None:
        return False
    os.kill(process, signum)
    wait_until(lambda: not held(Workplace(root).lock))
    return True


def wait_until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for a condition; a failed test if it does not come to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)
