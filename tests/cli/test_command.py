"""The command: exit codes, one-line errors, and what it imports."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tests.tiny import PARAMS_TEXT
from timeshare import cli
from timeshare.cli import COMMANDS

pytestmark = pytest.mark.integration


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "timeshare", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


# What takes long to import, or is needed by one command alone.
HEAVY = "{'torch', 'lightning', 'mlflow', 'pydantic', 'yaml', 'difflib', 'shtab'}"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("train", "--help")], ids=" ".join)
def test_help_is_printed_without_any_import_that_takes_time(arguments: tuple[str, ...]) -> None:
    code = f"import sys, timeshare.cli as cli; print(cli.run(sys.argv[1:]), sorted({HEAVY} & sys.modules.keys()))"
    shown = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert (shown.stdout.splitlines()[-1], shown.stderr) == ("0 []", "")


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


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "LANG": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "Windows", "C", "C as Python 3.6 takes it"],
)
def test_names_and_output_are_utf_8_in_any_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    (tmp_path / "é 🙂").touch()
    code = PRINTING.replace('"\\n".join(["x" * 100] * LINES)', "*os.listdir(), sys.argv[1]")
    code = code.replace("STATUS", "open(sys.argv[1], 'w').write(chr(233)) and print(chr(233), file=sys.stderr) or 0")
    ended = subprocess.run(
        [sys.executable, "-c", f"import os\n{code}", "ü"],
        cwd=tmp_path, env=os.environ | locale, capture_output=True, check=False
    )  # fmt: skip
    assert (ended.returncode, ended.stdout.decode(), ended.stderr.decode()) == (0, "é 🙂 ü\n", "é\n")
    assert (tmp_path / "ü").read_text(encoding="utf-8") == "é"


def test_an_argument_that_is_no_text_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["look", os.fsdecode(b"a\xff.csv")]) == 2
    assert capsys.readouterr().err == "timeshare: a\\udcff.csv: is no UTF-8; convert the text, or rename the file\n"


@pytest.mark.parametrize("error", [PermissionError, IsADirectoryError, FileExistsError])
def test_a_file_that_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type[OSError]
) -> None:
    def stumble() -> None:
        raise error(1, "for this reason", "a\x1bb")

    monkeypatch.setitem(sys.modules, "tool", SimpleNamespace(main=stumble))
    monkeypatch.setitem(COMMANDS, "stumble", cli.Command("tool", "stumble"))
    assert cli.run(["stumble"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(r"timeshare stumble: a\x1bb: cannot be used: for this reason; ")
    assert shown.count("\n") == 1


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_does_no_harm(streams: str) -> None:
    command = [*printing(3, 0)[:2], shlex.quote(printing(3, 0)[2])]
    ended = subprocess.run(f"{' '.join(command)} {streams}", shell=True, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("end", "status"),
    [("os.kill(os.getpid(), signal.SIGTERM) or time.sleep(9)", 143), ("1 / 0", 1)],
    ids=["terminated", "an error of the code"],
)
def test_it_ends_though_a_thread_waits_and_nobody_reads_its_errors(end: str, status: int) -> None:
    """So a repro that was stopped is, whose parent was killed: its threads wait for a turn that never comes."""
    wait = "import os, signal, time, threading; from concurrent.futures import ThreadPoolExecutor\n"
    wait += "turn = threading.Lock(); turn.acquire(); pool = ThreadPoolExecutor(); pool.submit(turn.acquire)\n"
    code = PRINTING.replace("LINES", "1").replace("STATUS", f"({end})")
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([sys.executable, "-c", wait + code], stderr=writing, check=False, timeout=60)
    os.close(writing)
    assert ended.returncode == status


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


def test_what_the_run_lacks_is_said_where_dvc_would_not_make_it(tmp_path: Path) -> None:
    content = yaml.safe_load(PARAMS_TEXT)
    content["datasets"]["spare"] = content["datasets"][content["run"]["datasets"][0]]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    for dataset, lacks in ((content["run"]["datasets"][0], False), ("spare", True)):
        stopped = run("size", dataset, cwd=tmp_path)
        assert (stopped.returncode, stopped.stderr.count("\n")) == (1, 1)
        assert f"data/prepared/{dataset}/meta.json" in stopped.stderr
        assert ("; run.datasets lacks spare" in stopped.stderr) is lacks
