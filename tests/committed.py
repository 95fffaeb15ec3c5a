"""Files as they were committed, whatever edits and runs have made of them here."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def committed(*paths: str) -> list[str]:
    """Their texts; the test is skipped where there is no checkout that has them."""
    try:
        return [
            subprocess.run(
                ["git", "-C", str(ROOT), "show", f"HEAD:./{path}"], capture_output=True, check=True, encoding="utf-8"
            ).stdout
            for path in paths
        ]
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no git checkout with {', '.join(paths)}")
