"""The stages' view of the sender: start it, wait for it, and say so when the server is away.

Nothing here imports mlflow; a stage pays a fork and an exec (some milliseconds) at most.
"""

import contextlib
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from timeshare.core.artifacts import read_json, write_json
from timeshare.core.config.errors import UserError
from timeshare.tracking.spool import Session, sessions
from timeshare.tracking.workplace import Workplace, exclusive, held

_POLL_SECONDS = 0.1
# The sender tries again at once after a hiccup; a second failure in a row is an outage.
_FAILURES_OF_AN_OUTAGE = 2
_LOG_BYTES = 1_000_000


class Delivered(NamedTuple):
    """What waiting for the sender came to.

    Attributes:
        sent: events that the server got while we waited.
        left: events that still wait in the spool.
        refused: events and whole runs of this and earlier times that the server will not take; they are in
            `.timeshare/refused/`.
        reason: why, where some are left or the spool could not be looked at.
    """

    sent: int
    left: int
    refused: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Outage:
    """The sender's note about a server that it cannot use; it removes the note once it can.

    Attributes:
        server: the address, without credentials.
        reason: what the last try ended with, one line that follows the address.
        since: milliseconds since 1970.
        failures: tries in a row that failed.
    """

    server: str
    reason: str
    since: int
    failures: int

    @classmethod
    def read(cls, workplace: Workplace) -> "Outage | None":
        """The note, if there is one."""
        with contextlib.suppress(UserError, TypeError):
            return cls(**read_json(workplace.outage))
        return None

    @property
    def established(self) -> bool:
        """Whether it is more than a hiccup."""
        return self.failures >= _FAILURES_OF_AN_OUTAGE

    def write(self, workplace: Workplace) -> None:
        """Leave the note."""
        write_json(workplace.outage, asdict(self))


def ensure_sender(root: Path) -> None:
    """Start the project's sender, detached, unless it runs already.

    Raises:
        OSError: it cannot be started.
        subprocess.SubprocessError: the same, seen by the shell.
    """
    workplace = Workplace(root)
    if held(workplace.lock):
        return
    with contextlib.suppress(FileNotFoundError):
        if workplace.log.stat().st_size > _LOG_BYTES:
            workplace.log.unlink()
    sender = [sys.executable, "-m", "timeshare.tracking.sender", str(workplace.project)]
    with workplace.log.open("ab") as log:
        # By way of a shell that leaves it behind: it is no child of the stage, which need not wait for it. In a session
        # of its own, so that Ctrl-C ends the stage and the sender still sends what is there.
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *sender],
            cwd=workplace.project,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=True,
        )


def drain(root: Path, timeout: float) -> Delivered:
    """Wait until everything that ended stages recorded is with the server.

    Returns early when the server turns out to be away. Stages that still run are not waited for. Nothing is raised:
    what keeps the sender from its work is a reason too.

    Args:
        root: the project.
        timeout: seconds to wait at most.
    """
    try:
        return _drain(root, Workplace(root), timeout)
    except (OSError, subprocess.SubprocessError) as error:
        place = getattr(error, "filename", None) or Workplace(root).folder
        said = getattr(error, "strerror", None) or error
        return Delivered(0, 0, reason=f"{place}: cannot be used: {said}; make room or give access")


def _drain(root: Path, workplace: Workplace, timeout: float) -> Delivered:
    waiting = {session.folder: _pending(session) for session in _ended(workplace)}
    before = sum(waiting.values())
    known = Outage.read(workplace)
    enough = _FAILURES_OF_AN_OUTAGE + (known.failures if known else 0)
    deadline = time.monotonic() + timeout
    left, reason = before, ""
    while left and not reason:
        ensure_sender(root)
        time.sleep(_POLL_SECONDS)
        left = sum(_pending(Session(folder)) for folder in waiting)
        outage = Outage.read(workplace)
        if outage and outage.failures >= enough:
            reason = f"{outage.server}: {outage.reason}"
        elif time.monotonic() > deadline:
            reason = f"the server did not take all of it within {timeout:g} s"
    return Delivered(before - left, left, len(_refusals(workplace)), reason if left else "")


def redirect(root: Path, server: str, timeout: float) -> None:
    """Have what ended stages recorded for other servers sent to this one, as after an address is corrected.

    Args:
        root: the project.
        server: its address, as params.yaml or the environment gives it.
        timeout: seconds to wait at most for the sender, which ends when it has had nothing to do for half a minute.
    Raises:
        UserError: the sender still runs, or the spool cannot be written.
    """
    workplace = Workplace(root)
    deadline = time.monotonic() + timeout
    try:
        while True:
            with exclusive(workplace.lock) as ours:
                if ours:
                    for session in _ended(workplace):
                        with contextlib.suppress(ValueError):  # The sender says what is wrong with it.
                            if session.opening()["server"] != server:
                                session.redirect(server)
                    workplace.outage.unlink(missing_ok=True)
                    return
            if time.monotonic() > deadline:
                raise UserError(
                    f"{workplace.lock}: the sender still runs; wait until no stage does, or longer (--timeout)"
                )
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        place = error.filename or workplace.folder
        raise UserError(f"{place}: cannot be written: {error.strerror}; make room or give access") from None


def warn(workplace: Workplace) -> None:
    """Print one line if the server is away, once for each outage, and one if it has refused something since."""
    outage = Outage.read(workplace)
    if outage is not None and outage.established and _is_news(workplace.warned, str(outage.since)):
        print(
            f"tracking: {outage.server}: {outage.reason}; runs are kept in {workplace.spool} and sent later, or by "
            "`timeshare sync` (with --here to another address)",
            file=sys.stderr,
        )
    refused = _refusals(workplace)
    if refused and _is_news(workplace.warned_of_refusals, str(len(refused))):
        print(
            f"tracking: {refused[-1]}; what is not sent for such reasons is in {workplace.refused} ({len(refused)})",
            file=sys.stderr,
        )


def _is_news(mark: Path, said: str) -> bool:
    """Whether that has not been said; from now on it has."""
    if mark.exists() and mark.read_text() == said:
        return False
    mark.write_text(said)
    return True


def _ended(workplace: Workplace) -> list[Session]:
    ended = []
    for session in sessions(workplace.spool):
        with contextlib.suppress(FileNotFoundError):  # The sender has just removed it.
            if not session.writer_alive():
                ended.append(session)
    return ended


def _pending(session: Session) -> int:
    with contextlib.suppress(FileNotFoundError):
        return session.pending()
    return 0


def _refusals(workplace: Workplace) -> list[str]:
    """Of what the server will not take: the run and the reason, oldest first."""
    try:
        lines = (workplace.refused / "events.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [_refusal(line) for line in lines]


def _refusal(line: str) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        note = json.loads(line)
        return f"{note['run']}: {note['reason']}"
    return "a damaged note"
