"""The spool: what a stage records, on disk and append-only, until the sender has delivered it.

A stage's process is a session, and a session is a folder under `.timeshare/spool/`:

    00001764-…-4711/
        events.jsonl    a line an event; the first is `open`, the last, if the process got that far, is `end`
        files/N/NAME    copies of the artifacts, so that they outlive the next run of the stage
        delivered       bytes of events.jsonl that the server has

The writer holds a lock (flock) on events.jsonl for as long as it lives. The kernel drops the lock however the process
ends, so that a session without lock and without `end` is one that was killed.
"""

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]

FORMAT = 1
_EVENTS, _DELIVERED = "events.jsonl", "delivered"
_UNFINISHED, _DONE = ".new-", ".done-"


class SessionWriter:
    """The writing end of a session: each event is one line, written by one system call."""

    def __init__(self, spool: Path, opening: Event) -> None:
        # Credentials in a server's address would be in the first line.
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{time.time_ns():020d}-{os.getpid()}"
        scratch = spool / f"{_UNFINISHED}{name}"
        scratch.mkdir(mode=0o700)
        self.folder = spool / name
        self._descriptor = os.open(scratch / _EVENTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._files = 0
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.write({"event": "open", "format": FORMAT, "time": milliseconds(), **opening})
            # A reader sees a session only once its first line and its lock are there.
            scratch.rename(self.folder)
        except BaseException:
            self.close()
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def write(self, event: Event) -> None:
        """Append one event.

        Raises:
            OSError: the line did not get to the file as a whole.
        """
        line = (json.dumps(event, separators=(",", ":")) + "\n").encode()
        if os.write(self._descriptor, line) != len(line):
            raise OSError("the disk is full")

    def keep(self, *paths: Path, name: str | None = None) -> str:
        """Copy files or folders into the session; several go into one folder `name`.

        Returns:
            The copy's path within the session.
        """
        self._files += 1
        place = self.folder / "files" / str(self._files)
        place.mkdir(parents=True)
        for path in paths:
            target = (place / name / path.name) if name else place / path.name
            target.parent.mkdir(exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, target)
            else:
                shutil.copyfile(path, target)
        kept = place / name if name else place / paths[0].name
        return str(kept.relative_to(self.folder))

    def keep_text(self, text: str, name: str) -> str:
        """Keep a text as a file of that name; its path within the session."""
        self._files += 1
        place = self.folder / "files" / str(self._files)
        place.mkdir(parents=True)
        (place / name).write_text(text, encoding="utf-8")
        return str((place / name).relative_to(self.folder))

    def close(self) -> None:
        """Bring all to the disk and drop the lock."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
        os.close(descriptor)


class Session:
    """The reading end of a session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._events = folder / _EVENTS

    def opening(self) -> Event:
        """The first event: the server's address and the run that the session writes to."""
        with self._events.open("rb") as file:
            opening: Event = json.loads(file.readline())
        if opening.get("format") != FORMAT:
            raise ValueError(f"{self._events}: has format {opening.get('format')}, this version reads {FORMAT}")
        return opening

    @property
    def delivered(self) -> int:
        """Bytes of the events that the server has."""
        try:
            return int((self.folder / _DELIVERED).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def record_delivered(self, offset: int) -> None:
        """Record that the server has everything before `offset`, in one step."""
        scratch = self.folder / f"{_DELIVERED}.new"
        scratch.write_text(str(offset))
        scratch.replace(self.folder / _DELIVERED)

    def events(self, offset: int) -> Iterator[tuple[Event, int]]:
        """Each whole line from `offset` on, with the offset of its end; a torn last line is left alone."""
        with self._events.open("rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield _event(line), offset

    def pending(self) -> int:
        """Events that the server does not have yet."""
        with self._events.open("rb") as file:
            file.seek(self.delivered)
            return sum(line.endswith(b"\n") for line in file)

    def writer_alive(self) -> bool:
        """Whether the process that writes the session is still there."""
        with self._events.open("rb") as file:
            try:
                # Shared, so that two readers that ask at once do not take each other for the writer.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def redirect(self, server: str) -> None:
        """Have all of a session whose writer is gone sent to another server; no sender may run."""
        (self.folder / _DELIVERED).unlink(missing_ok=True)
        scratch = self.folder / f"{_EVENTS}.new"
        with self._events.open("rb") as events, scratch.open("wb") as redirected:
            opening = json.loads(events.readline())
            redirected.write((json.dumps({**opening, "server": server}, separators=(",", ":")) + "\n").encode())
            shutil.copyfileobj(events, redirected)
        scratch.chmod(0o600)
        scratch.replace(self._events)

    def remove(self) -> None:
        """Remove the session: all of it is delivered."""
        # Renamed first: a removal that is cut short leaves nothing that looks like a session.
        self.folder.rename(self.folder.with_name(f"{_DONE}{self.folder.name}"))
        for done in self.folder.parent.glob(f"{_DONE}*"):
            shutil.rmtree(done, ignore_errors=True)


def milliseconds() -> int:
    """Now, in milliseconds since 1970: MLflow's unit of time."""
    return time.time_ns() // 1_000_000


def _event(line: bytes) -> Event:
    """A line's event; a line that is none becomes an event that no server takes, and is set aside with its like."""
    try:
        event = json.loads(line.decode())
        if isinstance(event["event"], str):
            return dict(event)
    except (ValueError, KeyError, TypeError):
        pass
    return {"event": "damaged", "line": line.decode(errors="replace")}


def sessions(spool: Path) -> list[Session]:
    """The sessions that are not delivered as a whole, oldest first."""
    try:
        folders = sorted(spool.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [Session(folder) for folder in folders if not folder.name.startswith(".") and (folder / _EVENTS).exists()]
