"""The command: exit codes, one-line errors, and what it imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from timeshare.cli import COMMANDS

pytestmark = pytest.mark.integration


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "timeshare", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_help_names_every_command_and_imports_none() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    assert all(f"    {name} " in shown.stdout for name in COMMANDS)
    code = "import sys, timeshare.cli; print(sorted({'torch', 'lightning', 'mlflow', 'pydantic'} & sys.modules.keys()))"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert imported == "[]\n"


# A tool that prints some lines and ends with a status.
PRINTING = """
import sys, types
from timeshare import cli
tool = types.ModuleType("tool")
tool.main = lambda **values: print("\\n".join(["x" * 100] * LINES)) or STATUS
sys.modules["tool"] = tool
cli.COMMANDS["print"] = cli.Command("tool", "print")
cli.main(["print"])
"""


def printing(lines: int, status: int) -> list[str]:
    return [sys.executable, "-c", PRINTING.replace("LINES", str(lines)).replace("STATUS", str(status))]


@pytest.mark.parametrize("status", [0, 1])
def test_what_is_printed_is_written_whatever_the_status(status: int) -> None:
    shown = subprocess.run(printing(3, status), capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stdout, shown.stderr) == (status, ("x" * 100 + "\n") * 3, "")


@pytest.mark.parametrize("lines", [3, 10_000])
def test_a_reader_that_leaves_early_ends_it_quietly(lines: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(printing(lines, 0), stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("lines", [3, 10_000])
def test_a_full_disk_under_its_output_is_one_line(lines: int) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(printing(lines, 0), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "timeshare: what it prints cannot be written: No space left on device\n"


def test_a_broken_pipe_elsewhere_is_an_error() -> None:
    code = PRINTING.replace("LINES", "3").replace("STATUS", "os.write(broken, b'x')")
    broken = "import os; reading, broken = os.pipe(); os.close(reading)"
    ended = subprocess.run([sys.executable, "-c", broken + code], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.endswith("BrokenPipeError: [Errno 32] Broken pipe\n")


def test_outside_a_project_it_says_where_to_go(tmp_path: Path) -> None:
    stopped = run("ingest", "parity", cwd=tmp_path)
    assert stopped.returncode == 1
    assert stopped.stderr == ("timeshare ingest: params.yaml: no such file; run the command in the project's folder\n")
    assert list(tmp_path.iterdir()) == []
