"""A project folder, a run, and an MLflow database that is made once."""

import os
import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

with warnings.catch_warnings():
    # mlflow warns of its own code while it is imported, and warnings are errors in these tests.
    warnings.simplefilter("ignore")
    import timeshare.train.tracking.server  # noqa: F401

from timeshare.config.settings import TrackingSettings
from timeshare.train.tracking.identity import DataInput, RunIdentity
from timeshare.train.tracking.workplace import Workplace, held

ITEM = {"dataset": "parity", "model": "shared", "seed": 0}
PIPELINE = {
    "stages": {
        "prepare": {
            "matrix": {"dataset": ["parity"]},
            "cmd": "cp -r code/text data/prepared/${item.dataset}",
            "deps": ["code/text"],
            "params": ["datasets.${item.dataset}"],
            "outs": ["data/prepared/${item.dataset}"],
        },
        "train": {
            "matrix": {"dataset": ["parity"], "model": ["shared", "unshared"], "seed": [0, 1]},
            "cmd": "mkdir -p models/${item.dataset}/${item.model} && "
            "echo ${item.seed} > models/${item.dataset}/${item.model}/${item.seed}",
            "deps": ["data/prepared/${item.dataset}", "code/fit.py", "code/nn"],
            "params": ["models.${item.model}", "train", {"other.yaml": ["a.b"]}],
            "outs": ["models/${item.dataset}/${item.model}/${item.seed}"],
        },
        "evaluate": {
            "matrix": {"dataset": ["parity"], "model": ["shared", "unshared"], "seed": [0, 1]},
            "cmd": "mkdir -p results/${item.dataset}/${item.model} && cp models/${item.dataset}/${item.model}/"
            "${item.seed} results/${item.dataset}/${item.model}/${item.seed}",
            "deps": ["data/prepared/${item.dataset}", "models/${item.dataset}/${item.model}/${item.seed}"],
            "params": ["evaluate"],
            "outs": ["results/${item.dataset}/${item.model}/${item.seed}"],
        },
    }
}
PARAMS = """\
datasets: {parity: {source: formal, size: 10}}
models:
  shared: {encoder: lstm, weight_decay: 0.00001}
  unshared: {encoder: lstm, weight_decay: 2.5e-7, bounds: [1, 2], vectors: null, bias: true}
train: {learning_rate: 0.003, max_epochs: 10}
evaluate: {rules: [hold, cycle]}
"""


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
def pipeline(project: Path) -> Path:
    (project / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE, sort_keys=False))
    (project / "params.yaml").write_text(PARAMS)
    (project / "other.yaml").write_text("a: {b: 1, c: 2}\n")
    (project / ".dvcignore").write_text("# left by Python\n__pycache__/\n*.pyc\n")
    for path in ("code/text/a.txt", "code/text/nested/é b.txt", "code/nn/cell.py", "code/nn/Z.py", "code/fit.py"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(path)
    (project / "data" / "prepared").mkdir(parents=True)
    return project


@pytest.fixture
def prepared_pipeline(pipeline: Path) -> Path:
    """The pipeline with its data in place."""
    folder = pipeline / "data" / "prepared" / "parity"
    folder.mkdir()
    (folder / "vocab.json").write_text("{}")
    return pipeline


def git(root: Path, *arguments: str) -> None:
    """Run git with an identity."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def sender_of(root: Path) -> int | None:
    """Process id of a project's sender."""
    wanted = str(Workplace(root).project).encode()
    for process in Path("/proc").iterdir():
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"timeshare.train.tracking.sender" in arguments and wanted in arguments:
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
