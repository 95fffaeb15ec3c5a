"""Versions of files: the md5 that DVC gives them, and the commit that git has them at."""

import fnmatch
import hashlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


def path_md5(path: Path, ignored: tuple[str, ...] = ()) -> str:
    """The md5 that DVC gives a file or, with `.dir`, a folder.

    Args:
        path: file or folder.
        ignored: patterns of file and folder names that do not count.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, _md5).hexdigest()
    if not path.is_dir():
        raise FileNotFoundError(path)
    files = {file.relative_to(path).as_posix(): file for file in _files(path, ignored)}
    listing = [{"md5": path_md5(files[name]), "relpath": name} for name in sorted(files)]
    return f"{_md5(json.dumps(listing, sort_keys=True).encode()).hexdigest()}.dir"


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


def _md5(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


def _files(folder: Path, ignored: tuple[str, ...]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _files(path, ignored)
        else:
            yield path


def ignored_names(root: Path) -> tuple[str, ...]:
    """The plain name patterns of .dvcignore."""
    try:
        lines = (root / ".dvcignore").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#"))
