"""The sender's loop: which session is next, what to do when the server is away, and when to end."""

import contextlib
import itertools
import json
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path

from mlflow.exceptions import MlflowException

from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.tracking.address import without_credentials
from timeshare.tracking.delivery import Outage
from timeshare.tracking.identity import RemoteRun, RunIdentity
from timeshare.tracking.server import Server
from timeshare.tracking.spool import Event, Session, milliseconds, sessions
from timeshare.tracking.store import problem
from timeshare.tracking.workplace import Workplace

_POLL_SECONDS = 0.5
_IDLE_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 5.0
_EVENTS_AT_ONCE = 1000
# An event that is refused that often is set aside, and a session of which that many are.
_TRIES, _REFUSALS = 3, 20


@dataclass
class _Delivery:
    """How far one session is delivered.

    Attributes:
        run: the run on the server, once it is found or made.
        started: when the session began, in milliseconds since 1970.
        offset: bytes of the session's events that are sent.
        at_once: events sent together; one after a failure, to tell which is at fault.
        failures: times in a row that the next event was refused by itself.
        refused: events that are set aside.
        is_lost: whether its run was deleted, so that the rest of it is to be set aside.
    """

    session: Session
    server: str
    identity: RunIdentity
    started: int
    offset: int
    run: RemoteRun | None = None
    at_once: int = _EVENTS_AT_ONCE
    failures: int = 0
    refused: int = 0
    is_lost: bool = False


class Dispatcher:
    """Delivers the sessions of one project, each to the server it was opened for."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._deliveries: dict[Path, _Delivery] = {}
        self._servers: dict[str, Server] = {}
        self._paused: dict[str, float] = {}

    def run(self, idle: float = _IDLE_SECONDS, poll: float = _POLL_SECONDS) -> set[Path] | None:
        """Deliver until nothing was sent and no stage has run for `idle` seconds.

        Returns:
            The sessions that are left, undeliverable for now; None: a database is another now, and only a process that
            MLflow has not opened it in can go on.
        """
        active = time.monotonic()
        present = sessions(self._workplace.spool)
        while time.monotonic() < active + idle:
            if any(server.is_gone() for server in self._servers.values()):
                return None
            if any([self._advance(session) for session in present]):  # noqa: C419 - each gets its turn
                active = time.monotonic()
            time.sleep(poll)
            present = sessions(self._workplace.spool)
        for server in self._servers.values():
            if server.answers():
                server.finish_parents()
        return {session.folder for session in present}

    def _advance(self, session: Session) -> bool:
        """Send what has come in a session.

        Returns:
            Whether there is reason to stay: something was sent, its writer may write more, or a new try is due soon.
        """
        try:
            # Asked before the events are read, so that a writer found dead has written its last line by then.
            alive = session.writer_alive()
            delivery = self._deliveries.get(session.folder) or self._begin(session)
        except FileNotFoundError:  # Somebody has tidied up.
            return False
        except OSError as error:
            _log(f"{session.folder}: {problem(error)}")
            return False
        if delivery is None or time.monotonic() < self._paused.get(delivery.server, 0.0):
            return alive
        before = delivery.offset
        try:
            if not delivery.is_lost:
                self._send(delivery, alive)
            elif not alive:  # While it is written, its folder stays.
                self._set_aside(session, delivery.identity.name, "its run was deleted in MLflow")
        except Exception as error:
            try:
                return self._failed(delivery, error) or alive
            except (OSError, UserError, MlflowException) as another:  # The disk is full, say.
                _log(f"{session.folder}: {problem(another)}")
        return alive or delivery.offset > before

    def _begin(self, session: Session) -> _Delivery | None:
        try:
            opening = session.opening()
            identity = RunIdentity.from_json(opening["run"])
            delivery = _Delivery(session, opening["server"], identity, opening["time"], session.delivered)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._set_aside(session, session.folder.name, f"is damaged, or of another version: {error}")
            return None
        self._deliveries[session.folder] = delivery
        return delivery

    def _send(self, delivery: _Delivery, alive: bool) -> None:
        session = delivery.session
        if delivery.server not in self._servers:
            self._servers[delivery.server] = Server(delivery.server, self._workplace.project)
        server = self._servers[delivery.server]
        if delivery.run is None:
            delivery.run = server.run(delivery.identity, delivery.started)
            self._reached(delivery)
            self._note_run(delivery.identity, delivery.run, delivery.server)
        ended = False
        while batch := list(itertools.islice(session.events(delivery.offset), delivery.at_once)):
            events = [event for event, _ in batch]
            server.send(delivery.run, events, session.folder)
            delivery.failures = 0
            self._reached(delivery)
            ended = events[-1]["event"] == "end"
            if ended:
                break  # And its delivery not recorded: what is left of a removal that is cut short is sent again.
            _, delivery.offset = batch[-1]
            session.record_delivered(delivery.offset)
        delivery.at_once = _EVENTS_AT_ONCE
        if not ended and not alive:
            server.finish(delivery.run, "KILLED", "the process was killed")
        if ended or not alive:
            del self._deliveries[session.folder]
            session.remove()

    def _note_run(self, identity: RunIdentity, run: RemoteRun, server: str) -> None:
        """Leave a note of the run's id, for `timeshare runs`."""
        note = {"run_id": run.run_id, "experiment_id": run.experiment_id, "experiment": identity.experiment}
        write_json(
            self._workplace.runs / f"{identity.key}.json",
            {**note, "name": identity.name, "server": without_credentials(server)},
        )

    def _failed(self, delivery: _Delivery, error: Exception) -> bool:
        """Tell a server that is away from an event that is at fault.

        Returns:
            Whether a new try is due soon.
        """
        server = self._servers.get(delivery.server)
        if server is None or not server.refuses(error):
            return self._away(delivery, error)
        if isinstance(error, MlflowException):
            _log(f"{delivery.identity.name}: {problem(error)}")
        else:
            traceback.print_exception(error)
        if delivery.run is not None and server.has_lost(delivery.run):
            delivery.is_lost = True
            return True
        if delivery.at_once > 1:
            delivery.at_once = 1
            return True
        delivery.failures += 1
        if delivery.failures == _TRIES:
            self._refuse(delivery, error)
        return True

    def _away(self, delivery: _Delivery, error: Exception) -> bool:
        shown = without_credentials(delivery.server)
        outage = Outage.read(self._workplace)
        if outage is None or outage.server != shown:
            outage = Outage(shown, "", milliseconds(), failures=0)
        outage = replace(outage, reason=problem(error), failures=outage.failures + 1)
        _log(f"{shown}: {outage.reason}")
        pause = min(_POLL_SECONDS * 2.0 ** min(outage.failures, 10), _LONGEST_PAUSE_SECONDS)
        self._paused[delivery.server] = time.monotonic() + pause
        outage.write(self._workplace)
        return not outage.established

    def _reached(self, delivery: _Delivery) -> None:
        outage = Outage.read(self._workplace) if self._workplace.outage.exists() else None
        if outage and outage.server == without_credentials(delivery.server):
            self._workplace.outage.unlink(missing_ok=True)

    def _refuse(self, delivery: _Delivery, error: Exception) -> None:
        """Set the next event aside, so that it does not hold up the ones after it; at last the session."""
        session, name = delivery.session, delivery.identity.name
        event, offset = next(session.events(delivery.offset), (None, 0))
        delivery.refused += 1
        if delivery.run is None or event is None or delivery.refused == _REFUSALS:
            self._set_aside(session, name, problem(error))
            return
        self._note_refusal(name, problem(error), event)
        delivery.offset, delivery.failures = offset, 0
        session.record_delivered(offset)

    def _set_aside(self, session: Session, name: str, reason: str) -> None:
        """Move a whole session out of the way."""
        self._note_refusal(name, reason, {"event": "session", "folder": session.folder.name})
        session.folder.rename(self._workplace.refused / session.folder.name)
        self._deliveries.pop(session.folder, None)

    def _note_refusal(self, name: str, reason: str, refused: Event) -> None:
        _log(f"{name}: {reason}")
        self._workplace.refused.mkdir(exist_ok=True)
        with (self._workplace.refused / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"run": name, "reason": reason, "refused": refused}) + "\n")


def _log(line: str) -> None:
    with contextlib.suppress(OSError):
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}", flush=True)
