"""The command: exit codes, one-line errors, and what it imports."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from timeshare.cli import COMMANDS


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
    assert imported == "['pydantic']\n"


@pytest.mark.parametrize(
    "arguments", [[], ["nonesuch"], ["train", "parity"], ["train", "parity", "shared", "x"]], ids=str
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


def test_outside_a_project_it_says_where_to_go(tmp_path: Path) -> None:
    stopped = run("ingest", "parity", cwd=tmp_path)
    assert stopped.returncode == 1
    assert stopped.stderr == ("timeshare ingest: params.yaml: no such file; run the command in the project's folder\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_terminated_stage_does_not_exit_with_0_and_removes_its_half_output(
    tmp_path: Path, signum: signal.Signals, status: int
) -> None:
    code = """
        import sys, time, types
        from pathlib import Path
        from timeshare import cli
        from timeshare.artifacts import whole_directory

        def main():
            with whole_directory(Path("out")) as folder:
                (folder / "half").touch()
                print("writing", flush=True)
                time.sleep(60)

        sys.modules["slow"] = types.SimpleNamespace(main=main)
        cli.COMMANDS["slow"] = cli.Command("slow", "waits")
        cli.main(["slow"])
        """
    stage = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert stage.stdout is not None
    assert stage.stdout.readline() == "writing\n"
    time.sleep(0.05)
    stage.send_signal(signum)
    _, error = stage.communicate(timeout=30)
    assert stage.returncode == status
    assert error.count("\n") == 1
    assert "run it again to go on" in error
    assert list(tmp_path.iterdir()) == []
