"""The stages' view of the sender: start it, wait for it, and say so when the server is away.

Nothing here imports mlflow; a stage pays a fork and an exec (some milliseconds) at most.
"""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from timeshare.core.artifacts import read_json, write_json
from timeshare.core.config.errors import UserError
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import Session, sessions
from timeshare.tracking.workplace import Workplace, held

_POLL_SECONDS = 0.1
# The sender tries again at once after a hiccup; a second failure in a row is an outage.
_FAILURES_OF_AN_OUTAGE = 2
_LOG_BYTES = 1_000_000


class Delivered(NamedTuple):
    """What waiting for the sender came to.

    Attributes:
        sent: events that the server got while we waited.
        left: events that still wait in the spool.
        refused: events of this and earlier times that the server will not take; they are in `.timeshare/refused/`.
        reason: why, where some are left.
    """

    sent: int
    left: int
    refused: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Outage:
    """The sender's note about a server that it cannot reach; it removes the note once it can.

    Attributes:
        server: the address, without credentials.
        reason: what the last try ended with, one line.
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


def server_address(settings: TrackingSettings, project: Path) -> str:
    """The MLflow address of the settings or, before it, of MLFLOW_TRACKING_URI; sqlite paths made absolute."""
    address = os.environ.get("MLFLOW_TRACKING_URI") or settings.uri
    scheme, slashes, path = address.partition(":///")
    if scheme.startswith("sqlite") and slashes and not path.startswith("/"):
        return f"{scheme}:///{project / path}"
    return address


def without_credentials(address: str) -> str:
    """The address as it may be shown."""
    parts = urlsplit(address)
    return address.replace(f"{parts.netloc}", parts.netloc.rpartition("@")[2], 1) if "@" in parts.netloc else address


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

    Returns early when the server turns out to be away. Stages that still run are not waited for.

    Args:
        root: the project.
        timeout: seconds to wait at most.
    """
    workplace = Workplace(root)
    waiting = {session.folder: session.pending() for session in _ended(workplace)}
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
            reason = f"{outage.server} cannot be reached: {outage.reason}"
        elif time.monotonic() > deadline:
            reason = f"the server did not take all of it within {timeout:g} s"
    return Delivered(before - left, left, _refused(workplace), reason if left else "")


def warn_of_outage(workplace: Workplace) -> None:
    """Print one line if the server is away, once for each outage."""
    outage = Outage.read(workplace)
    if outage is None or not outage.established:
        return
    mark = str(outage.since)
    if workplace.warned.exists() and workplace.warned.read_text() == mark:
        return
    workplace.warned.write_text(mark)
    print(
        f"tracking: {outage.server} cannot be reached ({outage.reason}); runs are kept in {workplace.spool} and sent "
        "later, or by `timeshare sync`",
        file=sys.stderr,
    )


def _ended(workplace: Workplace) -> list[Session]:
    with contextlib.suppress(FileNotFoundError):
        return [session for session in sessions(workplace.spool) if not session.writer_alive()]
    return _ended(workplace)  # The sender removed one while we looked.


def _pending(session: Session) -> int:
    with contextlib.suppress(FileNotFoundError):
        return session.pending()
    return 0


def _refused(workplace: Workplace) -> int:
    with contextlib.suppress(FileNotFoundError), (workplace.refused / "events.jsonl").open("rb") as events:
        return sum(1 for _ in events)
    return 0
