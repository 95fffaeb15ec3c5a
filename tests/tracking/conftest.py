"""A project folder, a run, and an MLflow database that is made once."""

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # mlflow warns of its own code while it is imported, and warnings are errors in these tests.
    warnings.simplefilter("ignore")
    import timeshare.tracking.server  # noqa: F401

from tests.tracking.processes import STAGE, MlflowServer, Start, stop_sender
from tests.train.conftest import blueprint, prepared
from timeshare.core.config.settings import TrackingSettings
from timeshare.core.seeding import torch_generator
from timeshare.nn.saved import Blueprint, save_classifier
from timeshare.tracking import model
from timeshare.tracking.identity import DataInput, RemoteRun, RunIdentity
from timeshare.tracking.server import Server

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
def settings() -> TrackingSettings:
    return TrackingSettings()


@pytest.fixture
def run() -> RunIdentity:
    return run_identity()


def run_identity(name: str = "shared-0", key: str = "a" * 64, *, parent: bool = True) -> RunIdentity:
    repro = RunIdentity("timeshare/parity", "repro-01234567", "b" * 64, {"timeshare.kind": "repro"})
    return RunIdentity(
        experiment="timeshare/parity",
        name=name,
        key=key,
        tags={"timeshare.dataset": "parity", "timeshare.model": name.partition("-")[0]},
        inputs=(DataInput("parity", "0123456789abcdef0123456789abcdef.dir", "data/prepared/parity"),),
        parent=repro if parent else None,
    )


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


@pytest.fixture(scope="session")
def files(prepared: Path, blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that the predictor needs, in one folder."""
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
