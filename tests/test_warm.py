"""A stage that is forked from the warm process is, to whoever started it, the stage."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="forked on Linux alone"),
]

# A command whose work is to say who and where it is, and to wait where it is told to.
COMMAND = textwrap.dedent("""
    import os, sys, time
    from pathlib import Path
    from timeshare import stopping, warm

    def work(arguments):
        print(arguments, Path.cwd().name, os.environ["MARK"], os.environ["PARENT"], file=sys.stderr, flush=True)
        Path("pid.part").write_text(str(os.getpid()))
        Path("pid.part").rename("pid")
        if "wait" in arguments:
            time.sleep(60)
        if "break" in arguments:
            raise RuntimeError("broken")
        return 7

    def run(arguments):
        stopping.stop_by_exception()
        try:
            return work(arguments)
        except stopping.Stopped as stopped:
            return stopped.status

    warm._MODULES = ("json",)
    warm._key = lambda: "key"
    os.environ.setdefault("PARENT", str(os.getpid()))
""")
SERVE = COMMAND + 'warm.serve(Path(".timeshare/warm-key"), run)\n'
ASK = COMMAND + 'status = warm.ask(sys.argv)\nprint("cold" if status is None else status)\nsys.exit(status or 0)\n'


def start(code: str, folder: Path, *arguments: str, mark: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "MARK": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".timeshare").mkdir()
    return tmp_path


@pytest.fixture
def server(project: Path) -> Iterator["subprocess.Popen[str]"]:
    process = start(SERVE, project, mark="of the server")
    until((project / ".timeshare/warm-key").is_socket)
    yield process
    process.kill()
    process.communicate()


def test_arguments_folder_environment_terminal_and_status_are_those_of_the_one_that_asks(
    project: Path, server: "subprocess.Popen[str]"
) -> None:
    for mark in ("first", "second"):
        asking = start(ASK, project, "one", "two words", mark=mark)
        output, error = asking.communicate(timeout=30)
        assert (output, asking.returncode) == ("7\n", 7)
        assert error == f"['one', 'two words'] {project.name} {mark} {asking.pid}\n"
        assert int((project / "pid").read_text()) not in (asking.pid, server.pid)


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_are_passed_on(
    project: Path, server: "subprocess.Popen[str]", signum: signal.Signals, status: int
) -> None:
    asking = start(ASK, project, "wait")
    until((project / "pid").exists)
    asking.send_signal(signum)
    output, _ = asking.communicate(timeout=30)
    assert (output, asking.returncode) == (f"{status}\n", status)
    until(lambda: not lives(int((project / "pid").read_text())))


def test_the_fork_of_a_process_that_is_killed_is_killed(project: Path, server: "subprocess.Popen[str]") -> None:
    asking = start(ASK, project, "wait")
    until((project / "pid").exists)
    asking.kill()
    asking.communicate()
    until(lambda: not lives(int((project / "pid").read_text())))


def test_a_fork_that_is_killed_is_no_success(project: Path, server: "subprocess.Popen[str]") -> None:
    asking = start(ASK, project, "wait")
    until((project / "pid").exists)
    os.kill(int((project / "pid").read_text()), signal.SIGKILL)
    asking.communicate(timeout=30)
    assert asking.returncode == 137


def test_an_error_nobody_expected_is_shown_and_the_server_goes_on(
    project: Path, server: "subprocess.Popen[str]"
) -> None:
    asking = start(ASK, project, "break")
    _, error = asking.communicate(timeout=30)
    assert asking.returncode == 1
    assert error.endswith("RuntimeError: broken\n")
    again = start(ASK, project, "on")
    again.communicate(timeout=30)
    assert again.returncode == 7


def test_where_the_server_was_killed_the_stage_does_its_own_work_and_leaves_another(
    project: Path, server: "subprocess.Popen[str]"
) -> None:
    server.kill()
    server.wait()
    code = ASK.replace("status =", "import subprocess\nsubprocess.Popen = lambda *_, **__: print('started')\nstatus =")
    output, _ = start(code, project, "on").communicate(timeout=30)
    assert output == "started\ncold\n"
    assert not (project / ".timeshare/warm-key").exists()


def test_an_edit_of_the_code_or_another_environment_is_another_key() -> None:
    script = "import sys, os; from timeshare import warm; a = warm._key(); {}; print(a == warm._key())"
    for change, equal in [
        ("os.environ['DVC_STAGE'] = 'train@a-b-0'", True),
        ("os.environ['OMP_NUM_THREADS'] = '7'", False),
        ("warm.__file__ = str(warm.Path(warm.__file__).parent / 'nn/scan.py')", False),
    ]:
        output = subprocess.check_output([sys.executable, "-c", script.format(change)], text=True)
        assert output == f"{equal}\n"


def test_it_is_for_the_stages_of_a_repro_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from timeshare import warm

    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    monkeypatch.delenv("TIMESHARE_WARM", raising=False)
    assert not warm.is_wanted()
    monkeypatch.setenv("DVC_STAGE", "train@parity-shared-0")
    assert warm.is_wanted()
    for variable, value in [("TIMESHARE_WARM", "0"), ("LOCAL_RANK", "1")]:
        with monkeypatch.context() as here:
            here.setenv(variable, value)
            assert not warm.is_wanted()


def lives(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
