"""`timeshare repro` on pipelines of shell commands: what runs at once, who waits, what a failure leaves out."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.lock import Lock

from tests import tiny
from timeshare.core.config.errors import UserError
from timeshare.params import Params
from timeshare.tools import repro
from timeshare.tools.running import turns

# These pipelines read nothing of it; it says whose data they work on.
PARAMS = Params.model_validate_json(
    json.dumps(tiny.params_of({"mine": tiny.MINE, "parity": tiny.PARITY}, {"shared": tiny.SHARED}, tiny.IMITATION))
)
# DVC's own and its dependencies'.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    monkeypatch.setattr(repro, "load_params", lambda: PARAMS)


def write_stages(stages: dict[str, Any] | None = None, **commands: str | tuple[str, list[str]]) -> None:
    """Write dvc.yaml: stages that each leave a file of their name, from a command or (command, stages it needs)."""
    stages = stages or {}
    for name, given in commands.items():
        command, needs = (given, []) if isinstance(given, str) else given
        stages[name] = {"cmd": command, "deps": needs, "outs": [name]}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))


def wait_for(name: str) -> str:
    """A shell command that waits for a file, up to 20 s."""
    return f"for i in $(seq 200); do test -e {name} && break; sleep 0.1; done; test -e {name}"


@contextmanager
def locked_elsewhere() -> Iterator[subprocess.Popen[str]]:
    """Hold DVC's lock in another process, until it is told to end or is left."""
    Path(".dvc/tmp").mkdir(exist_ok=True)
    script = (
        "import sys, zc.lockfile as z; lock = z.LockFile('.dvc/tmp/lock'); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.communicate()


def test_independent_stages_run_at_the_same_time_and_others_wait() -> None:
    write_stages(
        one=f"touch here.one && {wait_for('here.two')} && touch one",
        two=f"touch here.two && {wait_for('here.one')} && touch two",
        both=("cat one two > both", ["one", "two"]),
    )
    assert repro.main(2, []) == 0
    assert Path("both").exists()
    assert set(yaml.safe_load(Path("dvc.lock").read_text())["stages"]) == {"one", "two", "both"}


def test_no_more_stages_run_at_once_than_there_are_jobs() -> None:
    alone = "mkdir running && sleep 0.2 && rmdir running && touch"
    write_stages(**{name: f"{alone} {name}" for name in ("one", "two", "three")})
    assert repro.main(1, []) == 0


def test_the_cores_are_divided_between_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    for jobs, threads in ((1, 8), (3, 2), (9, 1)):
        write_stages(**{f"threads{jobs}": f"echo $OMP_NUM_THREADS $TIMESHARE_JOBS > threads{jobs}"})
        assert repro.main(jobs, []) == 0
        assert Path(f"threads{jobs}").read_text() == f"{threads} {jobs}\n"


def test_a_failure_leaves_out_what_needs_it_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    write_stages(
        bad="exit 3",
        after=("touch after", ["bad"]),
        last=("touch last", ["after"]),
        good="touch good",
        fine=("sleep 0.3 && touch fine", ["good"]),
    )
    assert repro.main(2, []) == 1
    assert [Path(name).exists() for name in ("bad", "after", "last", "good", "fine")] == [False] * 3 + [True] * 2
    said = capsys.readouterr().err
    assert "bad: failed to run: exit 3, exited with 3" in said
    assert "left out, for they need what failed: after, last\n" in said
    assert said.splitlines()[-1].startswith("bad: "), "what has failed is said last"
    assert repro.main(2, ["fine"]) == 0


@pytest.fixture
def _impatient_dvc(monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC's own lock, without the three seconds for which it tries again."""
    monkeypatch.setattr(Lock, "lock", Lock._do_lock)


@pytest.mark.usefixtures("_impatient_dvc")
def test_it_waits_for_another_command_to_let_go_of_the_lock() -> None:
    write_stages(one="touch one")
    with locked_elsewhere() as holder:
        release = threading.Timer(0.7, holder.communicate)
        started = time.monotonic()
        release.start()
        assert repro.main(1, []) == 0
        release.join()
    assert time.monotonic() - started > 0.7
    assert Path("one").exists()


@pytest.mark.usefixtures("_impatient_dvc")
def test_a_lock_that_nobody_lets_go_of_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    write_stages(one="touch one")
    monkeypatch.setattr(turns, "_LOCK_SECONDS", 0.0)
    with (
        locked_elsewhere(),
        pytest.raises(UserError, match=r"^another DVC command is running here; wait for it to end$"),
    ):
        repro.main(1, [])
    assert not Path("one").exists()


def test_a_preview_lists_what_would_run_and_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write_stages(first="echo a > first", second=("echo b > second", ["first"]), other="echo c > other")
    assert repro.main(1, [], dry=True) == 0
    listed = capsys.readouterr().out.split()
    assert sorted(listed) == ["first", "other", "second"]
    assert listed.index("first") < listed.index("second")
    assert not Path("first").exists()
    repro.main(1, [])
    capsys.readouterr()
    repro.main(1, [], dry=True)
    assert capsys.readouterr().out == ""
    write_stages(first="echo A > first", second=("echo b > second", ["first"]), other="echo c > other")
    repro.main(1, ["second"], dry=True)
    # What the second one reads is not there yet to be compared: it may come out as it was.
    assert capsys.readouterr().out.splitlines() == [
        "first",
        "# and these, as far as what they read comes out differently:",
        "second",
    ]
    assert Path("first").read_text() == "a\n"


def test_a_pipeline_that_cannot_be_read_and_no_jobs_are_one_line() -> None:
    Path("dvc.yaml").write_text("stages: [")
    with pytest.raises(UserError, match=r"dvc\.yaml"):
        repro.main(1, [])
    with pytest.raises(UserError, match=r"^--jobs 0: give at least 1$"):
        repro.main(0, [])


def test_settings_that_a_stage_depends_on_are_missed_before_anything_runs() -> None:
    Path("params.yaml").write_text("trainer: {threads: 1}\n")
    stages = {
        "first": {"cmd": "touch first", "outs": ["first"]},
        "second": {"cmd": "touch second", "params": ["trainer.arithmetic", "trainer.threads"], "outs": ["second"]},
    }
    write_stages(stages)
    with pytest.raises(UserError, match=r"^params\.yaml: trainer\.arithmetic is missing, which second depends on"):
        repro.main(1, [])
    assert not Path("first").exists()
    Path("params.yaml").write_text("trainer: {threads: 1, arithmetic: native}\n")
    assert repro.main(1, []) == 0


def write_matrix(ingest: str) -> None:
    """A pipeline with the names of the project's own: two datasets, a study, and a report of all."""
    stages: dict[str, Any] = {
        "ingest": {"matrix": {"dataset": ["parity", "mine"]}, "cmd": ingest, "outs": ["${item.dataset}"]},
        "study": {"matrix": {"study": ["imitation"]}, "cmd": "touch ${item.study}", "outs": ["${item.study}"]},
    }
    write_stages(stages, report=("touch report", ["mine", "parity", "imitation"]))


def test_nothing_is_trained_while_own_data_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    write_matrix("test ${item.dataset} = parity && touch parity")
    assert repro.main(1, []) == 1
    assert [Path(name).exists() for name in ("mine", "parity", "imitation", "report")] == [False, True, False, False]
    assert "left out, for your own data cannot be read: study@imitation, report\n" in capsys.readouterr().err
    write_matrix("test ${item.dataset} = mine && touch mine")
    assert repro.main(1, []) == 1
    assert [Path(name).exists() for name in ("mine", "parity", "imitation", "report")] == [True, False, True, False]


def test_a_run_of_own_data_makes_the_studies_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = PARAMS.model_copy(update={"run": PARAMS.run.model_copy(update={"datasets": ("mine",)})})
    write_matrix("touch ${item.dataset}")
    assert repro.main(1, []) == 0
    assert Path("imitation").exists(), "a run of built-in data makes those that run.studies names"
    Path("imitation").unlink()
    monkeypatch.setattr(repro, "load_params", lambda: own)
    capsys.readouterr()
    assert repro.main(1, [], dry=True) == 0
    shown = capsys.readouterr()
    assert "study@imitation" not in shown.out
    assert "left out, for run.datasets names none of this package's data: study@imitation\n" in shown.err
    assert repro.main(1, ["study@imitation"]) == 0
    assert Path("imitation").exists()


def test_the_path_of_the_report_stands_last_where_it_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    write_stages(report="mkdir -p report && touch report/index.html")
    assert repro.main(1, []) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {Path('report/index.html').resolve()}"
    write_stages(report="mkdir -p report && false")
    assert repro.main(1, []) == 1
    assert "report: /" not in capsys.readouterr().out
