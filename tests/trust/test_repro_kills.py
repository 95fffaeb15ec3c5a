"""A whole repro that is killed records nothing that is not whole, leaves nobody behind, and goes on when run again."""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.trust.conftest import PARAMS, ROOT, Finished, Server, content, write_params
from timeshare.tools.lock import LockFile, drop_damaged_claims

pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

MEMBER = "mine-shared"
COMMANDS = {
    "download@mine": ("download", "mine"),
    "ingest@mine": ("ingest", "mine"),
    "prepare@mine": ("prepare", "mine"),
    "size@mine": ("size", "mine"),
    f"tune@{MEMBER}": ("tune", "mine", "shared"),
    f"train@{MEMBER}": ("train", "mine", "shared"),
    f"evaluate@{MEMBER}": ("evaluate", "mine", "shared"),
    "report": ("report",),
    "playground": ("playground",),
}
# DVC itself reads what studies may import; here are none.
ORDER = [*list(COMMANDS)[:-2], "study_code", "report", "playground"]
# So many epochs, of some milliseconds each, that one is under way when the signal comes.
EPOCHS = 300
LONGER = PARAMS | {
    "run": {"datasets": ["mine"], "models": ["shared"], "seeds": [0], "studies": []},
    "training": PARAMS["training"] | {"max_epochs": EPOCHS, "patience": EPOCHS},
}


def copy_inputs(finished: Finished, folder: Path) -> None:
    """Make the small project as it is before anything has run, for one member."""
    for name in ("src", "data/files", "data/suites", "data/vectors"):
        shutil.copytree(finished.folder / name, folder / name)
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copy(finished.folder / name, folder / name)
    (folder / "studies").mkdir()
    (folder / "benchmarks/measured").mkdir(parents=True)
    write_params(folder, LONGER)


@pytest.fixture(scope="module")
def unbroken(server: Server, finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of an unbroken run, one stage after the other and without DVC."""
    folder = tmp_path_factory.mktemp("unbroken")
    copy_inputs(finished, folder)
    for command in COMMANDS.values():
        ended = server.run(folder, *command)
        assert ended.status == 0, ended.error
    return folder


@pytest.fixture
def repository(finished: Finished, tmp_path: Path) -> Path:
    """The same project as DVC finds it first."""
    folder = tmp_path / "repository"
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc/config").write_text("[core]\n    autostage = false\n")
    shutil.copy(ROOT / ".dvc/.gitignore", folder / ".dvc")
    copy_inputs(finished, folder)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


class Repro:
    """A command that reproduces the pipeline, in a session of its own; its output tells which stage it is at."""

    def __init__(self, folder: Path, *command: str) -> None:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder / "src"),
            "DVC_NO_ANALYTICS": "1",
            "OMP_NUM_THREADS": "1",
            # What DVC takes where SHELL is not set, as under cron. dash waits for a command that bash would become.
            "SHELL": "/bin/sh",
        }
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.output = ""

    def reaches(self, text: str) -> bool:
        """Wait for a line with some text; False if it ended without one."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return True
        return False

    def ended(self) -> int:
        """Its exit status, once it is gone with all that it started."""
        try:
            output, _ = self.process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            processes = "\n".join(str(each.info) for each in psutil.process_iter(["pid", "ppid", "status", "cmdline"]))
            pytest.fail(f"somebody goes on:\n{processes}\n{self.output[-2000:]}")
        self.output += output
        deadline = time.monotonic() + 60
        while alive(self.process.pid):
            assert time.monotonic() < deadline, "it left somebody behind"
            time.sleep(0.05)
        return self.process.returncode

    @property
    def stages(self) -> list[str]:
        """The stages that it ran."""
        return re.findall(r"^Running stage '(.+)'", self.output, re.MULTILINE)


def alive(session: int) -> bool:
    """Whether any process of a session is there, and more than a zombie."""
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                return True
    return False


@pytest.fixture
def start(repository: Path) -> Iterator[Callable[..., Repro]]:
    """Starts repros in the repository, and ends what is left of them."""
    started: list[Repro] = []

    def begin(*command: str) -> Repro:
        started.append(Repro(repository, *command))
        return started[-1]

    yield begin
    for repro in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(repro.process.pid, signal.SIGKILL)


def recorded(repository: Path) -> dict[str, list[str]]:
    """The outputs of each stage that dvc.lock takes for done."""
    lock = repository / "dvc.lock"
    stages = yaml.safe_load(lock.read_text())["stages"] if lock.exists() else {}
    return {name: [out["path"] for out in entry["outs"]] for name, entry in stages.items()}


def check_record(repository: Path, unbroken: Path) -> list[str]:
    """Whatever is recorded as done is whole; returns those stages."""
    # DVC writes in place. What a kill has cut short `timeshare repro` takes out before it goes on, by these calls.
    drop_damaged_claims(repository / ".dvc/tmp/rwlock")
    LockFile(repository / "dvc.lock")
    done = recorded(repository)
    for outputs in done.values():
        for output in outputs:
            assert (repository / output).exists()
            assert content(repository / output) == content(unbroken / output)
    return list(done)


def to_dvc(repro: Repro, signum: int) -> None:
    repro.process.send_signal(signum)


def to_all(repro: Repro, signum: int) -> None:
    # As the terminal does at Ctrl-C, and a batch system at its limit.
    os.killpg(repro.process.pid, signum)


KILLS = [
    # (the stage under way, its output, the line to wait for, by which signal, to whom)
    ("prepare@mine", "data/prepared/mine", "Running stage 'prepare@mine'", signal.SIGKILL, to_dvc),
    (f"train@{MEMBER}", "models/mine/shared/0", ": epoch 5 ", signal.SIGINT, to_all),
    (f"train@{MEMBER}", "models/mine/shared/0", ": epoch 100 ", signal.SIGTERM, to_dvc),
    (f"evaluate@{MEMBER}", "results/mine/shared/0", f"Running stage 'evaluate@{MEMBER}'", signal.SIGKILL, to_all),
]


def test_a_repro_killed_at_one_stage_after_the_other(
    repository: Path, unbroken: Path, start: Callable[..., Repro]
) -> None:
    draw = random.Random(6)
    done: list[str] = []
    epochs: list[int] = []
    for stage, output, line, signum, send in KILLS:
        repro = start("dvc", "repro")
        if repro.reaches(line):
            # Less than any stage takes: DVC alone, if it is killed at writing dvc.lock, loses all of that.
            time.sleep(draw.uniform(0, 0.03))
            send(repro, signum)
        repro.ended()
        # A signal may come when a short stage has just ended: its output is then whole, and perhaps recorded, too.
        assert not (repository / output).exists() or content(repository / output) == content(unbroken / output)
        now = check_record(repository, unbroken)
        assert now == ORDER[: len(now)]
        assert len(now) >= ORDER.index(stage)
        # What was done before is not done again: no stage, and no epoch but those that were under way.
        assert repro.stages == ORDER[len(done) :][: len(repro.stages)]
        epochs += map(int, re.findall(r": epoch (\d+) ", repro.output))
        done = now
    again = start("dvc", "repro")
    assert again.ended() == 0, again.output
    assert again.stages == ORDER[len(done) :]
    epochs += map(int, re.findall(r": epoch (\d+) ", again.output))
    assert epochs == sorted(epochs)
    assert len(epochs) <= EPOCHS + 2
    assert check_record(repository, unbroken) == ORDER
    assert not list(repository.rglob(".*.partial-*"))
    assert not list((repository / ".timeshare").rglob("*.ckpt"))

    # DVC killed while it wrote its record, of which the beginning is left.
    lock = repository / "dvc.lock"
    whole = lock.read_text()
    results = {path: path.stat().st_mtime_ns for path in (repository / "results/mine/shared/0").iterdir()}
    lock.write_text(whole[: whole.index("evaluate@") + 60])
    (repository / ".dvc/tmp/rwlock").write_text('{"read": {')
    mended = start("timeshare", "repro", "--jobs", "1")
    assert mended.ended() == 0, mended.output
    # The evaluation finds its seed there. All others are recorded still.
    assert mended.stages == [f"evaluate@{MEMBER}", "report"]
    assert {path: path.stat().st_mtime_ns for path in results} == results
    assert lock.read_text() == whole


ENDS = [
    # (the command, the signal, to whom, the exit status)
    # At the terminal DVC leaves Ctrl-C to its stage, so that there is none to DVC alone.
    (("dvc", "repro"), signal.SIGINT, to_all, None),
    (("dvc", "repro"), signal.SIGTERM, to_dvc, -signal.SIGTERM),
    (("dvc", "repro"), signal.SIGKILL, to_dvc, -signal.SIGKILL),
    (("timeshare", "repro", "--jobs", "2"), signal.SIGINT, to_dvc, 128 + signal.SIGINT),
    (("timeshare", "repro", "--jobs", "2"), signal.SIGTERM, to_dvc, 128 + signal.SIGTERM),
    (("timeshare", "repro", "--jobs", "2"), signal.SIGKILL, to_dvc, -signal.SIGKILL),
]


def test_no_training_lives_on_without_its_repro(repository: Path, start: Callable[..., Repro]) -> None:
    endless = LONGER["training"] | {"max_epochs": 1_000_000, "patience": 1_000_000}
    write_params(repository, LONGER | {"training": endless})
    epochs: list[int] = []
    for command, signum, send, status in ENDS:
        repro = start(*command, f"train@{MEMBER}")
        assert repro.reaches(": epoch "), repro.output
        assert repro.reaches(": epoch "), repro.output
        send(repro, signum)
        # This waits in vain if anybody goes on.
        ended = repro.ended()
        assert ended != 0 if status is None else ended == status
        assert not (repository / "models/mine/shared/0").exists()
        assert list(recorded(repository)) == ORDER[: ORDER.index(f"train@{MEMBER}")]
        now = [int(epoch) for epoch in re.findall(r": epoch (\d+) ", repro.output)]
        # The one that was under way is done again, and no other.
        assert not epochs or now[0] in (epochs[-1], epochs[-1] + 1)
        epochs += now


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_repro_killed_at_any_moment(repository: Path, unbroken: Path, start: Callable[..., Repro], seed: int) -> None:
    draw = random.Random(seed)
    commands = [("dvc", "repro"), ("timeshare", "repro", "--jobs", "1"), ("timeshare", "repro", "--jobs", "2")]
    for _ in range(5):
        repro = start(*draw.choice(commands))
        time.sleep(draw.uniform(0, 15))
        draw.choice([to_dvc, to_all])(repro, draw.choice([signal.SIGTERM, signal.SIGINT, signal.SIGKILL]))
        repro.ended()
        check_record(repository, unbroken)
    again = start(*draw.choice(commands))
    assert again.ended() == 0, again.output
    assert set(check_record(repository, unbroken)) == set(ORDER)
