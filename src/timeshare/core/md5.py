"""The md5 that DVC gives files and folders."""

import fnmatch
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path


def path_md5(path: Path, ignored: tuple[str, ...] = ()) -> str:
    """The md5 that DVC gives a file or, with `.dir`, a folder.

    Like DVC it reads a file through a link, and passes over links to folders inside a folder.

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


def file_md5s(folder: Path, but: str) -> dict[str, str]:
    """The md5 of each file of a folder by its path there, but for those of one name: the record of the others."""
    files = {file.relative_to(folder).as_posix(): file for file in _files(folder, (but,))}
    return {name: path_md5(files[name]) for name in sorted(files)}


def lies_in(file: Path, folder: Path) -> bool:
    """Whether a file, or a link in its place, is among those that `path_md5` of a folder reads."""
    return (file.parent.resolve() / file.name).is_relative_to(folder.resolve())


def _md5(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


def _files(folder: Path, ignored: tuple[str, ...]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            if path.is_symlink():
                continue
            yield from _files(path, ignored)
        else:
            yield path
