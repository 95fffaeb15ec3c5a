"""A small finished project to break, and a server that runs the command in it within milliseconds."""

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import tiny
from timeshare.pipeline.download import RECORD
from timeshare.pipeline.identity.reads import MADE_OF

ROOT = Path(__file__).parents[2]
PARAMS = tiny.params_of(
    {"parity": tiny.EXACT_PARITY, "mine": tiny.MINE},
    {"shared": tiny.SHARED | {"dropout": 0.1}, "matched": tiny.MATCHED},
    tiny.IMITATION,
) | {
    "prepare": {"buckets": 3},
    "training": {"batch_size": 32, "max_epochs": 4, "patience": 4},
    "trainer": {"accelerator": "cpu", "arithmetic": "portable", "threads": 1},
    "tracking": {"enabled": False},
    "evaluate": {"suites": {"mine": "cases"}},
    "report": {"resamples": 50},
}
SUITE = [
    {"group": "pets", "expect": "label", "texts": ["the cat is good", "the dog is bad"], "labels": ["good", "bad"]},
    {"group": "order", "expect": "same", "texts": ["the cat is good", "good is the cat"]},
]
# Every stage of the small project, in an order in which each finds what it needs.
DATASETS, MODELS = PARAMS["run"]["datasets"], PARAMS["run"]["models"]
SEED_OUTPUTS = {"train": "models", "evaluate": "results"}
STAGES = [
    *((stage, dataset) for dataset in DATASETS for stage in ("download", "ingest", "prepare", "size")),
    *((stage, dataset, model) for dataset in DATASETS for model in MODELS for stage in ("tune", "train", "evaluate")),
    ("study", "imitation"),
    ("report",),
]


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        status: exit status; negative: the signal that ended it.
        out: what it printed.
        error: what it printed on stderr.
        events: file events that it came to.
        seconds: how long it took.
    """

    status: int
    out: str
    error: str
    events: int
    seconds: float


@dataclass(frozen=True)
class Server:
    """Runs the `timeshare` command in processes forked from one that has imported everything."""

    process: "subprocess.Popen[str]"

    def run(
        self,
        folder: Path,
        *arguments: str,
        signum: int = 0,
        event: str = "",
        at: int | None = None,
        after: float | None = None,
        file_size: int | None = None,
        user: int | None = None,
        environment: Mapping[str, str] | None = None,
        stdin: Path = Path(os.devnull),
    ) -> Ended:
        """Run a command and wait for its end.

        Args:
            folder: the project.
            arguments: of the command.
            signum: a signal that it gets...
            event: ...when it comes to the file event of this kind ('': any),
            at: counted from 1, for the `at`-th time,
            after: or after so many seconds.
            file_size: bytes that no file may exceed.
            user: id of the user to run it as.
            environment: to add to its own.
            stdin: a file to read as standard input.
        """
        request = {
            "arguments": arguments,
            "cwd": str(folder),
            "input": str(stdin),
            "signal": signum,
            "event": event,
            "at": at,
            "file_size": file_size,
            "user": user,
            "environment": dict(environment or {}),
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        started = time.perf_counter()
        command = int(self.process.stdout.readline())
        if after is not None and not select.select([self.process.stdout], [], [], after)[0]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(command, signum)
        answer = json.loads(self.process.stdout.readline())
        return Ended(**answer, seconds=time.perf_counter() - started)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests of a process."""
    # Where the runs go is for each project to say, not for whoever starts the tests.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environment = {**inherited, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.trust.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()


def write_params(folder: Path, params: Mapping[str, Any]) -> None:
    """Replace params.yaml."""
    (folder / "params.yaml").write_text(yaml.safe_dump(dict(params), sort_keys=False), encoding="utf-8")


@dataclass(frozen=True)
class Finished:
    """A project in which every stage has run.

    Attributes:
        folder: the project; tests work in a copy of it.
        content: its files, as `content` gives them.
        runs: how each stage ended, by its command.
    """

    folder: Path
    content: Mapping[str, bytes | None]
    runs: Mapping[tuple[str, ...], Ended]

    def files_of(self, output: str) -> dict[str, bytes | None]:
        """What a stage wrote, by path within its output."""
        start = f"{output}/"
        return {name.removeprefix(start): data for name, data in self.content.items() if name.startswith(start)}


@pytest.fixture(scope="session")
def finished(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The small project."""
    folder = tmp_path_factory.mktemp("finished")
    # A copy, so that an edit of the source while the tests run does not make two runs of a stage differ, and without
    # the template of a project, which links to what the user of this one edits.
    left_out = shutil.ignore_patterns("__pycache__", "project")
    shutil.copytree(ROOT / "src/timeshare", folder / "src/timeshare", ignore=left_out)
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    write_params(folder, PARAMS)
    tiny.write_mine(folder)
    for name in ("suites", "vectors"):
        (folder / "data" / name).mkdir()
    (folder / "data/suites/cases.jsonl").write_text("\n".join(map(json.dumps, SUITE)) + "\n")
    runs = {}
    for stage in STAGES:
        runs[stage] = server.run(folder, *stage)
        assert runs[stage].status == 0, f"{stage}: {runs[stage].error}"
    return Finished(folder, content(folder), runs)


@pytest.fixture(scope="session")
def workplace(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy of the finished project for all tests."""
    folder = tmp_path_factory.mktemp("work") / "project"
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns("src"))
    (folder / "src").symlink_to(finished.folder / "src")
    return folder


@pytest.fixture
def project(workplace: Path, finished: Finished) -> Iterator[Path]:
    """A copy of the finished project, put back when the test is done: quicker than a copy for each."""
    yield workplace
    restore(workplace, finished.content)
    assert content(workplace) == finished.content


@pytest.fixture
def own_project(finished: Finished, tmp_path: Path) -> Path:
    """A copy for this test alone, with a copy of the source."""
    folder = tmp_path / "own"
    shutil.copytree(finished.folder, folder)
    return folder


def make_due(project: Path, stage: tuple[str, ...]) -> None:
    """Let a stage have something to do: nothing says what was made of what, and a choice is not there to keep."""
    if stage[0] == "download":
        project.joinpath("data/downloads", *stage[1:], RECORD).unlink(missing_ok=True)
    if stage[0] == "tune":
        shutil.rmtree(project.joinpath("tuning", *stage[1:]), ignore_errors=True)
    if stage[0] in SEED_OUTPUTS:
        for path in project.joinpath(SEED_OUTPUTS[stage[0]], *stage[1:]).rglob(MADE_OF):
            path.unlink()


def restore(folder: Path, wanted: Mapping[str, bytes | None]) -> None:
    """Give a folder the content that `content` gave of another."""
    present = content(folder)
    for name, data in reversed(present.items()):
        if name not in wanted or (data is None) != (wanted[name] is None):
            (folder / name).rmdir() if data is None else (folder / name).unlink()
    for name, data in wanted.items():
        if data is None:
            (folder / name).mkdir(exist_ok=True)
        elif present.get(name) != data:
            (folder / name).write_bytes(data)


def content(folder: Path) -> dict[str, bytes | None]:
    """Every file under a folder by its path, and every folder, as None.

    The project's source is left out, and so are the folders that wait for checkpoints.
    """
    found: dict[str, bytes | None] = {}
    start = len(f"{folder}/")
    # Some hundred tests do this several times each: three times as quick as by pathlib.
    for place, folders, files in os.walk(folder):
        if place == str(folder) and "src" in folders:
            folders.remove("src")
        if ".timeshare" not in place:
            found |= {f"{place}/{name}"[start:]: None for name in folders if name != ".timeshare"}
        for name in files:
            with open(f"{place}/{name}", "rb") as file:  # noqa: PTH123
                found[f"{place}/{name}"[start:]] = file.read()
    return dict(sorted(found.items()))
