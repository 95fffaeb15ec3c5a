"""The commit that a stage runs at."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
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
    """The commit, and which of the paths differ from it; None where git names none."""
    commit = git_output(root, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None
    # With -z names come as they are, whatever they hold.
    status = (
        git_output(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *paths) or ""
    )
    return CodeState(commit.strip(), tuple(entry[3:] for entry in status.split("\0") if entry))


def git_output(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails, is not there, or does not trust the folder, which is said once."""
    # Without its optional locks git does not get into the way of the one that DVC runs.
    command = ["git", "--no-optional-locks", *arguments]
    untranslated = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=untranslated,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
        return done.stdout
    except OSError:
        return None
    except subprocess.CalledProcessError as error:
        if "dubious ownership" in error.stderr:
            _say_untrusted(error.stderr.rpartition("safe.directory ")[2].strip())
        return None


@cache
def _say_untrusted(folder: str) -> None:
    what = f"{folder}: no commit is noted, for git does not trust this folder of another user's"
    print(f"{what}; if you do, `git config --global --add safe.directory {folder}`", file=sys.stderr)
