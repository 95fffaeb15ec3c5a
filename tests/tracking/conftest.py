"""A project folder, a run, and an MLflow database that is made once."""

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from timeshare.tracking.settings import TrackingSettings

with warnings.catch_warnings():
    # mlflow warns of its own code while it is imported, and warnings are errors in these tests.
    warnings.simplefilter("ignore")
    import timeshare.tracking.server  # noqa: F401

from tests.tracking.processes import POSTGRESQL, POSTGRESQL_USER, STAGE, MlflowServer, PostgreSQL, Start, stop_sender
from tests.tracking.runs import run_identity
from tests.train.conftest import blueprint, prepared
from timeshare.core.seeding import torch_generator
from timeshare.models.saved import Blueprint, save_classifier
from timeshare.tracking import model, tracker
from timeshare.tracking.identity import RemoteRun, RunIdentity
from timeshare.tracking.server import Server
from timeshare.tracking.spool import Event, sessions
from timeshare.tracking.workplace import Workplace

__all__ = ["blueprint", "prepared"]  # fixtures here too


@pytest.fixture(autouse=True)
def _no_server_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project's folder, whose sender is ended with the test."""
    root = tmp_path / "project"
    root.mkdir()
    yield root
    stop_sender(root)


@pytest.fixture
def no_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded stays in the spool."""
    monkeypatch.setattr(tracker, "ensure_sender", lambda root: None)


def recorded(root: Path) -> list[Event]:
    """What is in a project's spool."""
    return [event for session in sessions(Workplace(root).spool) for event, _ in session.events(0)]


@pytest.fixture
def settings() -> TrackingSettings:
    return TrackingSettings()


@pytest.fixture
def run() -> RunIdentity:
    return run_identity()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without runs; making one takes seconds, so that tests copy it."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def database(empty_database: Path, project: Path) -> str:
    """Address of a database in the project."""
    shutil.copy(empty_database, project / "mlflow.db")
    return f"sqlite:///{project / 'mlflow.db'}"


@pytest.fixture
def stage(project: Path) -> Iterator[Start]:
    """Starts a stage of the project that records steps first..last-1; one that is left over is ended."""
    started: list[subprocess.Popen[str]] = []
    repository = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, [str(repository), str(repository / "src"), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}

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


@pytest.fixture
def server(tmp_path: Path, empty_database: Path) -> Iterator[MlflowServer]:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "mlflow.db").write_bytes(empty_database.read_bytes())
    server = MlflowServer(folder, f"sqlite:///{folder / 'mlflow.db'}")
    yield server
    server.kill()


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    # Not under tmp_path, into which only its owner may look.
    folder = Path("/tmp") / f"timeshare-postgresql-{os.getpid()}"
    folder.mkdir()
    if POSTGRESQL_USER:
        shutil.chown(folder, POSTGRESQL_USER)
    try:
        server = PostgreSQL(folder)
        yield server
        server.kill()
    finally:
        shutil.rmtree(folder)


IN_POSTGRESQL = pytest.param(
    "postgresql",
    marks=[
        pytest.mark.slow,
        pytest.mark.skipif(not (POSTGRESQL / "initdb").exists(), reason="needs Debian's postgresql"),
    ],
)


@pytest.fixture(params=["file", IN_POSTGRESQL])
def new_store(request: pytest.FixtureRequest, project: Path) -> str:
    """Address of a database without MLflow's tables."""
    if request.param == "file":
        return f"sqlite:///{project / 'mlflow.db'}"
    started: PostgreSQL = request.getfixturevalue("postgresql")
    started.start()
    return started.uri


@pytest.fixture(params=["server", IN_POSTGRESQL])
def store(request: pytest.FixtureRequest) -> MlflowServer | PostgreSQL:
    """Where runs go over a network, not started yet: MLflow's server, or a PostgreSQL."""
    found: MlflowServer | PostgreSQL = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def files(prepared: Path, blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that `load_text_classifier` needs, in one folder."""
    folder = tmp_path_factory.mktemp("files") / "model"
    folder.mkdir()
    save_classifier(folder, blueprint, blueprint.build(torch_generator(0)))
    for name in ("vocab.json", "meta.json"):
        shutil.copy(prepared / name, folder)
    return folder


@pytest.fixture
def logged(database: str, project: Path, files: Path) -> RemoteRun:
    run = Server(database, project).run(run_identity(), started=0)
    model.log(database, run, files, example="0 1 1", step=0)
    return run
