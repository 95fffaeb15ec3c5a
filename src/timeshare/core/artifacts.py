"""Files and folders that are whole or absent, with bytes that depend on their content alone.

Whole means against kills, at any moment. Against a power cut nothing is flushed (a prepared dataset has thousands of
files): what one damages, DVC finds by its hash.
"""

import contextlib
import csv
import errno
import glob
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from timeshare.core.config.errors import UserError

T = TypeVar("T")


@contextlib.contextmanager
def whole_directory(target: Path) -> Iterator[Path]:
    """A new folder that takes `target`'s place when the block ends well, and vanishes when it does not.

    Raises:
        UserError: the disk is full or the place cannot be written.
    """
    with _cleared_place(target):
        scratch = Path(tempfile.mkdtemp(prefix=_scratch_prefix(target), dir=target.parent))
        try:
            yield scratch
            scratch.chmod(0o755)
            # The old one goes as a whole too: removing it takes long enough for a kill to come in between.
            old = scratch.with_name(f"{scratch.name}-old")
            with contextlib.suppress(FileNotFoundError):
                target.rename(old)
            scratch.rename(target)
            _remove(old)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise


@contextlib.contextmanager
def whole_entries(target: Path) -> Iterator[Path]:
    """A new folder; when the block ends well, each thing in it takes the place of that of its name in `target`.

    Each is whole or absent by itself. What else is in `target` stays: it is another stage's.

    Raises:
        UserError: the disk is full or the place cannot be written.
    """
    with _cleared_place(target):
        scratch = Path(tempfile.mkdtemp(prefix=_scratch_prefix(target), dir=target.parent))
        try:
            yield scratch
            target.mkdir(exist_ok=True)
            for entry in sorted(scratch.iterdir()):
                place = target / entry.name
                if place.is_dir() and not place.is_symlink():
                    place.rename(scratch / f".{entry.name}-old")
                entry.replace(place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A path to write to; what is there when the block ends well is moved to `target` in one step.

    A device or a pipe, such as /dev/stdout, is written to as it is: nothing may take its place.

    Raises:
        UserError: the disk is full or the place cannot be written.
    """
    with _cleared_place(target):
        if target.parent == Path("/dev") or (target.exists() and not target.is_file() and not target.is_dir()):
            yield target
            return
        handle, name = tempfile.mkstemp(prefix=_scratch_prefix(target), dir=target.parent)
        os.close(handle)
        scratch = Path(name)
        try:
            yield scratch
            scratch.chmod(0o644)
            scratch.replace(target)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """Write canonical JSON: sorted keys, two spaces, a newline at the end; NaN is refused."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with whole_file(path) as scratch:
        scratch.write_text(text + "\n", encoding="utf-8")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table into a folder that is not whole yet; None is an empty field."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def read_json(path: Path) -> Any:
    """Read a JSON file that a stage wrote.

    Raises:
        UserError: the file is missing or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}; give access to it") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is damaged ({error}); remove it and run `dvc repro`") from None


def read_versioned(path: Path, version: int, shape: TypeAdapter[T]) -> T:
    """Read a JSON object that a stage wrote, whose "version" says by which rules.

    Raises:
        UserError: the file is missing, is no JSON, of another version or of another shape.
    """
    content = read_json(path)
    found = content.get("version") if isinstance(content, dict) else None
    if found != version:
        raise UserError(f"{path}: is of version {found}, not {version}; `dvc repro` makes it anew")
    return checked(path, content, shape)


def checked(
    path: Path,
    content: Any,
    shape: TypeAdapter[T],
    *,
    remedy: str = "remove it and run `dvc repro`",
    strict: bool = True,
) -> T:
    """What was read of a file that a stage wrote, in its shape.

    Args:
        path: of the file.
        content: plain JSON values.
        shape: what they must be.
        remedy: what makes the file anew.
        strict: whether text is no number.
    Raises:
        UserError: they are something else.
    """
    try:
        # As JSON: a list is then taken for a tuple, and nothing else for what it is not.
        return shape.validate_json(json.dumps(content), strict=strict)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"
        raise UserError(f"{path}: is damaged ({reason}); {remedy}") from None


def digest(value: Any) -> str:
    """A sha256 of the canonical JSON of `value`, in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _scratch_prefix(target: Path) -> str:
    return f".{target.name}.partial-"


def _remove_leftovers(target: Path) -> None:
    """Remove what a killed process left of an earlier try at the same target."""
    for leftover in target.parent.glob(f"{glob.escape(_scratch_prefix(target))}*"):
        _remove(leftover)


def _remove(path: Path) -> None:
    """Remove what is there, if anything: of a link to a folder the link alone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


# No room (on the disk, in the quota, under the limit of a file's size), no right to write, or another thing in the way.
_UNWRITABLE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.EISDIR, errno.ENOTDIR),
)


@contextlib.contextmanager
def _cleared_place(target: Path) -> Iterator[None]:
    """Make the folder of `target`, and clear leftovers there; what keeps the block from writing is a UserError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        yield
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        # Of what is written beside its place, its place is what the user knows.
        place = re.sub(
            rf"{re.escape(_scratch_prefix(target))}\w+", lambda _: target.name, str(error.filename or target)
        )
        raise UserError(f"{place}: cannot be written: {os.strerror(error.errno)}; make room or give access") from error
