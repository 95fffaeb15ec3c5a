"""The command: exit codes, one-line errors, and what it imports."""

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
