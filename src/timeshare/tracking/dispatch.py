"""The sender's loop: which session is next, what to do when the server is away, and when to end."""

import itertools
import json
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path

from timeshare.core.artifacts import write_json
from timeshare.tracking.delivery import Outage, without_credentials
from timeshare.tracking.identity import RemoteRun, RunIdentity
from timeshare.tracking.server import Server
from timeshare.tracking.spool import Session, milliseconds, sessions
from timeshare.tracking.workplace import Workplace

_POLL_SECONDS = 0.5
_IDLE_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 5.0
_EVENTS_AT_ONCE = 1000
# An event that is refused that often is set aside, and a session of which that many are (its run was deleted, say).
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


class Dispatcher:
    """Delivers the sessions of one project, each to the server it was opened for."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._deliveries: dict[Path, _Delivery] = {}
        self._servers: dict[str, Server] = {}
        self._paused: dict[str, float] = {}

    def run(self, idle: float = _IDLE_SECONDS, poll: float = _POLL_SECONDS) -> set[Path]:
        """Deliver until nothing was sent and no stage has run for `idle` seconds.

        Returns:
            The sessions that are left, undeliverable for now.
        """
        active = time.monotonic()
        present = sessions(self._workplace.spool)
        while time.monotonic() < active + idle:
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
        if delivery is None or time.monotonic() < self._paused.get(delivery.server, 0.0):
            return alive
        before = delivery.offset
        try:
            self._send(delivery, alive)
        except Exception as error:
            return self._failed(delivery, error) or alive
        return alive or delivery.offset > before

    def _begin(self, session: Session) -> _Delivery | None:
        try:
            opening = session.opening()
            identity = RunIdentity.from_json(opening["run"])
            delivery = _Delivery(session, opening["server"], identity, opening["time"], session.delivered)
        except (ValueError, KeyError, TypeError):
            traceback.print_exc()
            self._set_aside(session)
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
        if server is None or delivery.run is None or not server.refuses(error):
            return self._away(delivery, error)
        traceback.print_exception(error)
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
        outage = replace(outage, reason=_root_cause(error), failures=outage.failures + 1)
        outage.write(self._workplace)
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {shown}: {outage.reason}", flush=True)
        pause = min(_POLL_SECONDS * 2.0 ** min(outage.failures, 10), _LONGEST_PAUSE_SECONDS)
        self._paused[delivery.server] = time.monotonic() + pause
        return not outage.established

    def _reached(self, delivery: _Delivery) -> None:
        outage = Outage.read(self._workplace) if self._workplace.outage.exists() else None
        if outage and outage.server == without_credentials(delivery.server):
            self._workplace.outage.unlink(missing_ok=True)

    def _refuse(self, delivery: _Delivery, error: Exception) -> None:
        """Set the next event aside, so that it does not hold up the ones after it; at last the session."""
        event, offset = next(delivery.session.events(delivery.offset), (None, 0))
        delivery.refused += 1
        if event is None or delivery.refused == _REFUSALS:
            del self._deliveries[delivery.session.folder]
            self._set_aside(delivery.session)
            return
        refused = {"run": delivery.identity.name, "reason": _root_cause(error), "refused": event}
        self._workplace.refused.mkdir(exist_ok=True)
        with (self._workplace.refused / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(refused) + "\n")
        delivery.offset, delivery.failures = offset, 0
        delivery.session.record_delivered(offset)

    def _set_aside(self, session: Session) -> None:
        self._workplace.refused.mkdir(exist_ok=True)
        session.folder.rename(self._workplace.refused / session.folder.name)


def _root_cause(error: BaseException) -> str:
    """What an error comes from in the end, in one line."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    first_line = str(error).strip().partition("\n")[0] or type(error).__name__
    return first_line[:200]
