"""Where tracking keeps its files, and the locks that tell which of its processes live."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Workplace:
    """Where tracking keeps its files: `.timeshare/` of the project, none of it an output of a stage."""

    def __init__(self, root: Path) -> None:
        self.project = _outer_project(root.resolve())
        self.folder = self.project / ".timeshare"
        self.spool = self.folder / "spool"
        self.runs = self.folder / "runs"
        # Of which results the pictures are recorded, by the key of the run.
        self.pictured = self.folder / "pictured"
        self.lock = self.folder / "sender.lock"
        self.log = self.folder / "sender.log"
        self.refused = self.folder / "refused"
        self.outage = self.folder / "undelivered.json"
        # What the stages have said of both.
        self.warned = self.folder / "warned"
        self.warned_of_refusals = self.folder / "warned_of_refusals"


def _outer_project(root: Path) -> Path:
    """The project itself for the throw-away copies that `dvc exp run --queue` and `--temp` work in.

    They lie in PROJECT/.dvc/tmp/exps/ and are removed afterwards, and a database or a spool in them with them.
    """
    for parent in root.parents:
        if parent.name == ".dvc" and root.relative_to(parent).parts[:2] == ("tmp", "exps"):
            return parent.parent
    return root


@contextlib.contextmanager
def exclusive(lock: Path) -> Iterator[bool]:
    """Hold the lock file for the block, if nobody else does; gives whether it is held."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def held(lock: Path) -> bool:
    """Whether some process holds the lock file."""
    with exclusive(lock) as free:
        return not free
