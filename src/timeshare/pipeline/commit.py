"""The commit that a stage runs at."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CodeState:
    """The commit a stage ran at.

    Attributes:
        commit: full hash.
        changed: files among those asked about that differ from the commit.
    """

    commit: str
    changed: tuple[str, ...]


def code_state(root: Path, paths: Sequence[str]) -> CodeState | None:
    """The commit, and which of the paths differ from it; None outside a repository."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    status = _git(root, "status", "--porcelain", "--no-renames", "--untracked-files=all", "--", *paths) or ""
    return CodeState(commit.strip(), tuple(line[3:] for line in status.splitlines()))


def _git(root: Path, *arguments: str) -> str | None:
    # Without its optional locks git does not get into the way of the one that DVC runs.
    command = ["git", "--no-optional-locks", *arguments]
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
