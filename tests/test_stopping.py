"""A signal ends the command once what is half done is cleaned up, and ends it for sure."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

CODE = """
    import os, signal, sys, time
    from pathlib import Path
    from timeshare import cli, stopping
    from timeshare.core.artifacts import whole_directory

    stopping._AGAIN_SECONDS = 0.05

    class Deaf:
        def __del__(self):
            print("waiting", flush=True)
            time.sleep(60)

    def deaf():
        Deaf()
        time.sleep(60)

    def tidy():
        try:
            print("waiting", flush=True)
            time.sleep(60)
        finally:
            try:
                {}["missing"]
            except KeyError:
                time.sleep(0.5)
            print("tidied", flush=True)

    def restore():
        found = {each: signal.getsignal(each) for each in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}}
        try:
            print("waiting", flush=True)
            time.sleep(60)
        finally:
            for each, handler in found.items():
                if handler is not None:
                    signal.signal(each, handler)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.3)
            print("tidied", flush=True)

    def write():
        with whole_directory(Path("out")) as folder:
            (folder / "half").touch()
            print("waiting", flush=True)
            time.sleep(60)

    def spoil():
        try:
            print("waiting", flush=True)
            time.sleep(60)
        finally:
            raise RuntimeError("spoilt")

    sys.modules["work"] = sys.modules["__main__"]
    main = {"deaf": deaf, "tidy": tidy, "restore": restore, "write": write, "spoil": spoil}[sys.argv[1]]
    cli.COMMANDS["work"] = cli.Command("work", "waits")
    cli.main(["work"])
    """


SIGNALS = pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])


@SIGNALS
@pytest.mark.parametrize(
    ("work", "output"),
    [
        pytest.param("deaf", "", id="a destructor drops the exception"),
        pytest.param("tidy", "tidied\n", id="cleaning up takes longer than the stop waits"),
        pytest.param(
            "restore", "tidied\n", id="a library puts back the handlers that it found, and another signal comes"
        ),
        pytest.param("spoil", "", id="cleaning up fails"),
    ],
)
def test_a_signal_ends_the_command(tmp_path: Path, work: str, output: str, signum: signal.Signals) -> None:
    rest, error = stopped(tmp_path, work, signum)
    assert rest == output
    assert error.endswith("; run it again to go on\n")
    assert "spoilt" not in error


@SIGNALS
def test_a_terminated_stage_does_not_exit_with_0_and_removes_its_half_output(
    tmp_path: Path, signum: signal.Signals
) -> None:
    _, error = stopped(tmp_path, "write", signum)
    assert error.count("\n") == 1
    assert "run it again to go on" in error
    assert list(tmp_path.iterdir()) == []


def stopped(folder: Path, work: str, signum: signal.Signals) -> tuple[str, str]:
    """What a command prints after a signal, on stdout and stderr; its exit status must tell of the signal."""
    command = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CODE), work],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "waiting\n"
    command.send_signal(signum)
    rest, error = command.communicate(timeout=30)
    assert command.returncode == 128 + signum
    return rest, error
