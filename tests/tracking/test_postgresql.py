"""The same spool against PostgreSQL as MLflow's database; needs Debian's package postgresql."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracking.processes import FOREVER, Start, finish, recorded_run, steps, stop_sender, wait_until
from timeshare.tracking.delivery import Outage, drain
from timeshare.tracking.workplace import Workplace

_PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
# mlflow uses what its libraries deprecate.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.skipif(not (_PROGRAMS / "initdb").exists(), reason="needs Debian's postgresql"),
]
PATIENCE = 180  # Seconds; making MLflow's tables is most of it.
# PostgreSQL refuses to run as root; its package brings a user for it.
_USER = "postgres" if os.geteuid() == 0 else None


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

    def stop(self) -> None:
        """Stop it as a crash would."""
        self._run("pg_ctl", "stop", "--mode=immediate", "--pgdata=data")

    def _run(self, program: str, *arguments: str) -> None:
        environment = {**os.environ, "LC_ALL": "C"}
        subprocess.run(
            [_PROGRAMS / program, *arguments],
            cwd=self._folder,
            env=environment,
            user=_USER,
            check=True,
            stdout=subprocess.DEVNULL,
        )


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    # Not under tmp_path, into which only its owner may look.
    folder = Path("/tmp") / f"timeshare-postgresql-{os.getpid()}"
    folder.mkdir()
    if _USER:
        shutil.chown(folder, _USER)
    try:
        server = PostgreSQL(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def test_each_point_arrives_once_whatever_is_killed(project: Path, postgresql: PostgreSQL, stage: Start) -> None:
    process = stage(postgresql.uri, last=FOREVER, pause=0.005)
    wait_until(lambda: len(steps(postgresql.uri)) > 100)
    stop_sender(project)
    postgresql.stop()
    time.sleep(1.0)
    (project / "stop").touch()
    reached, _ = finish(process)
    (project / "stop").unlink()
    finish(stage(postgresql.uri, "shared-1"))
    delivered = drain(project, PATIENCE)
    assert delivered.left > 0
    assert "secret" not in delivered.reason

    postgresql.start()
    assert drain(project, PATIENCE).left == 0
    assert Outage.read(Workplace(project)) is None
    assert steps(postgresql.uri) == list(range(reached))
    assert steps(postgresql.uri, "shared-1") == list(range(100))
    assert recorded_run(postgresql.uri).info.status == "FINISHED"


def test_stages_at_once_create_one_database(project: Path, postgresql: PostgreSQL, stage: Start) -> None:
    names = [f"shared-{seed}" for seed in range(3)]
    for process in [stage(postgresql.uri, name) for name in names]:
        finish(process)
    assert drain(project, PATIENCE).left == 0
    for name in names:
        assert steps(postgresql.uri, name) == list(range(100))


def test_a_killed_stage_is_continued(project: Path, postgresql: PostgreSQL, stage: Start) -> None:
    process = stage(postgresql.uri, last=FOREVER, pause=0.01)
    wait_until(lambda: len(steps(postgresql.uri)) > 10)
    process.kill()
    wait_until(lambda: recorded_run(postgresql.uri).info.status == "KILLED")
    reached = len(steps(postgresql.uri))
    finish(stage(postgresql.uri, first=reached - 5, last=reached + 20))
    assert drain(project, PATIENCE).left == 0
    assert steps(postgresql.uri) == list(range(reached + 20))
