"""What `make` does before it runs a command: nothing here is installed, for its commands are only printed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.mark.parametrize(
    ("interpreter", "anew"),
    [
        pytest.param("#!{here}/.venv/bin/python", False, id="here"),
        pytest.param('#!/bin/sh\n\'\'\'exec\' "{here}/.venv/bin/python" "$0" "$@"', False, id="here, by a shell"),
        pytest.param("#!/home/me/former place/.venv/bin/python", True, id="a former place"),
        pytest.param("#!/opt/environment/bin/python", False, id="an environment of one's own"),
    ],
)
def test_the_environment_of_a_copied_or_renamed_project_is_made_anew(
    tmp_path: Path, interpreter: str, anew: bool
) -> None:
    """Its programs would run the code of the place where it was made."""
    project = tmp_path / "a project"
    (project / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, project)
    (project / ".venv/bin/timeshare").write_text(f"{interpreter.format(here=project)}\n")
    (project / ".venv/.installed").touch()
    command = ["make", "--dry-run", "setup"]
    printed = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout
    assert ("rm -rf .venv" in printed) == anew
    assert ("pip install" in printed) == anew
