"""The sender's loop with a server that is a list, and fails when told."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.tracking.runs import run_identity
from timeshare.core.config.errors import UserError
from timeshare.tracking import delivery, dispatch
from timeshare.tracking.delivery import Outage, warn
from timeshare.tracking.dispatch import Dispatcher
from timeshare.tracking.identity import RemoteRun, RunIdentity
from timeshare.tracking.spool import Event, SessionWriter, sessions
from timeshare.tracking.store import UnusableStoreError
from timeshare.tracking.workplace import Workplace


class FakeServer:
    """Keeps what it is sent; `fails` decides which batches it will not take."""

    instances: ClassVar[dict[str, "FakeServer"]] = {}
    away: ClassVar[set[str]] = set()
    lost: ClassVar[set[str]] = set()
    fails: Callable[[list[Event]], bool] = staticmethod(lambda events: False)

    def __init__(self, address: str, project: Path) -> None:
        self.address = address
        self.sent: list[tuple[str, Event]] = []
        self.ends: list[tuple[str, str]] = []
        self.parents_finished = False
        FakeServer.instances[address] = self

    def is_gone(self) -> bool:
        return False

    def answers(self) -> bool:
        return self.address not in FakeServer.away

    def refuses(self, error: Exception) -> bool:
        return isinstance(error, ValueError)

    def has_lost(self, run: RemoteRun) -> bool:
        return run.name in FakeServer.lost

    def run(self, identity: RunIdentity, started: int) -> RemoteRun:
        self._check()
        return RemoteRun(identity.name, f"id of {identity.name}", "1")

    def send(self, run: RemoteRun, events: list[Event], folder: Path) -> None:
        self._check()
        if FakeServer.fails(events) or any(event["event"] == "damaged" for event in events):
            raise ValueError("bad event")
        self.sent += [(run.name, event) for event in events]

    def finish(self, run: RemoteRun, status: str, reason: str) -> None:
        self._check()
        self.ends.append((run.name, status))

    def finish_parents(self) -> None:
        self.parents_finished = True

    def _check(self) -> None:
        if not self.answers():
            raise ConnectionError("refused")


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "Server", FakeServer)
    monkeypatch.setattr(FakeServer, "instances", {})
    monkeypatch.setattr(FakeServer, "away", set())
    monkeypatch.setattr(FakeServer, "lost", set())
    monkeypatch.setattr(FakeServer, "fails", staticmethod(lambda events: False))


def record(root: Path, events: list[Event], name: str = "shared-0", server: str = "s", end: bool = True) -> None:
    opening = {"server": server, "run": run_identity(name, key=name.ljust(64, "0")).to_json()}
    writer = SessionWriter(Workplace(root).spool, opening)
    for event in events:
        writer.write(event)
    if end:
        writer.write({"event": "end", "status": "FINISHED", "reason": "", "time": 1})
    writer.close()


def metrics(steps: range) -> list[Event]:
    return [{"event": "metrics", "time": 1, "step": step, "values": {"loss": float(step)}} for step in steps]


def deliver(root: Path, idle: float = 0.05) -> Dispatcher:
    dispatcher = Dispatcher(Workplace(root))
    dispatcher.run(idle=idle, poll=0.01)
    return dispatcher


def sent_steps(name: str = "shared-0", server: str = "s") -> list[Any]:
    return [
        event["step"] for run, event in FakeServer.instances[server].sent if run == name and event["event"] == "metrics"
    ]


def test_everything_is_sent_in_order_and_the_session_removed(project: Path) -> None:
    record(project, metrics(range(2500)))
    deliver(project)
    assert sent_steps() == list(range(2500))
    assert FakeServer.instances["s"].sent[-1][1]["event"] == "end"
    assert sessions(Workplace(project).spool) == []
    assert FakeServer.instances["s"].parents_finished


def test_a_killed_run_is_marked_so(project: Path) -> None:
    record(project, metrics(range(3)), end=False)
    deliver(project)
    assert sent_steps() == [0, 1, 2]
    assert FakeServer.instances["s"].ends == [("shared-0", "KILLED")]


def test_a_run_under_way_is_followed_and_not_ended(project: Path) -> None:
    writer = SessionWriter(Workplace(project).spool, {"server": "s", "run": run_identity().to_json()})
    dispatcher = Dispatcher(Workplace(project))
    for step in range(3):
        writer.write(metrics(range(step, step + 1))[0])
        (session,) = sessions(Workplace(project).spool)
        assert dispatcher._advance(session), "a live run is reason to stay"
        assert sent_steps() == list(range(step + 1))
    assert dispatcher._advance(session)
    assert FakeServer.instances["s"].ends == []
    writer.close()


def test_the_run_id_is_noted(project: Path) -> None:
    record(project, [])
    deliver(project)
    (note,) = Workplace(project).runs.iterdir()
    assert note.stem == "shared-0".ljust(64, "0")
    assert json.loads(note.read_text())["run_id"] == "id of shared-0"


def test_an_outage_keeps_everything_and_leaves_a_note(project: Path) -> None:
    record(project, metrics(range(3)))
    FakeServer.away = {"s"}
    deliver(project, idle=2.0)
    outage = Outage.read(Workplace(project))
    assert outage is not None
    assert outage.established
    assert (outage.server, outage.reason) == ("s", "cannot be reached: refused; start it, or correct the address")
    FakeServer.away = set()
    deliver(project)
    assert sent_steps() == [0, 1, 2]
    assert Outage.read(Workplace(project)) is None


def test_what_was_sent_before_an_outage_is_not_sent_again(project: Path) -> None:
    record(project, metrics(range(2500)))

    def fail_late(events: list[Event]) -> bool:
        FakeServer.away = {"s"} if events[0].get("step", 0) >= 1500 else set()
        return bool(FakeServer.away)

    FakeServer.fails = staticmethod(fail_late)
    deliver(project, idle=1.0)
    first = sent_steps()
    assert first == list(range(len(first)))
    assert 0 < len(first) < 2500
    FakeServer.away, FakeServer.fails = set(), staticmethod(lambda events: False)
    deliver(project)
    assert sent_steps() == list(range(len(first), 2500))


def test_one_server_away_does_not_hold_up_another(project: Path) -> None:
    record(project, metrics(range(2)), "shared-0", server="away")
    record(project, metrics(range(2)), "shared-1", server="here")
    FakeServer.away = {"away"}
    deliver(project, idle=0.5)
    assert sent_steps("shared-1", "here") == [0, 1]
    assert len(sessions(Workplace(project).spool)) == 1


def test_an_event_that_the_server_refuses_is_set_aside_and_the_others_pass(project: Path) -> None:
    events = metrics(range(10))
    events[4]["values"] = {"bad%name": 1.0}
    record(project, events)
    FakeServer.fails = staticmethod(lambda events: any("bad%name" in event.get("values", {}) for event in events))
    deliver(project, idle=0.5)
    assert sent_steps() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    (refused,) = (Workplace(project).refused / "events.jsonl").read_text().splitlines()
    assert json.loads(refused)["refused"] == events[4]
    assert json.loads(refused)["reason"] == "bad event"
    assert sessions(Workplace(project).spool) == []


def test_a_damaged_line_is_set_aside_and_the_others_pass(project: Path) -> None:
    record(project, metrics(range(4)))
    (session,) = sessions(Workplace(project).spool)
    events = session.folder / "events.jsonl"
    lines = events.read_bytes().splitlines(keepends=True)
    lines[2] = b"\0" * 20 + b"\n"
    events.write_bytes(b"".join(lines))
    deliver(project, idle=0.5)
    assert sent_steps() == [0, 2, 3]


def test_a_session_of_which_the_server_refuses_all_is_set_aside(project: Path) -> None:
    """Its run was deleted, say: every event would be tried in vain."""
    record(project, metrics(range(200)))
    record(project, metrics(range(3)), "shared-1")
    FakeServer.fails = staticmethod(lambda events: any(event.get("step", 0) > 5 for event in events))
    deliver(project)
    assert sent_steps("shared-1") == [0, 1, 2]
    assert sessions(Workplace(project).spool) == []
    aside = sorted(path.name for path in Workplace(project).refused.iterdir())
    assert len(aside) == 2
    assert aside[1] == "events.jsonl"


def test_what_is_recorded_for_a_deleted_run_is_set_aside_and_the_rest_passes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = SessionWriter(Workplace(project).spool, {"server": "s", "run": run_identity("shared-1").to_json()})
    dispatcher = Dispatcher(Workplace(project))
    (session,) = sessions(Workplace(project).spool)
    dispatcher._advance(session)
    FakeServer.lost = {"shared-1"}
    FakeServer.fails = staticmethod(lambda events: any(event.get("step", 0) >= 1000 for event in events))
    for event in metrics(range(1000, 2000)):
        writer.write(event)
        assert dispatcher._advance(session)
    assert session.folder.exists(), "its writer still writes into it"
    writer.close()
    record(project, metrics(range(3)))
    dispatcher.run(idle=0.05, poll=0.01)
    assert sent_steps() == [0, 1, 2]
    assert sessions(Workplace(project).spool) == []
    (refused,) = (Workplace(project).refused / "events.jsonl").read_text().splitlines()
    assert json.loads(refused)["run"] == "shared-1"
    assert "deleted" in json.loads(refused)["reason"]
    assert not Outage.read(Workplace(project)), "the server was never away"
    for said in (1, 0):
        warn(Workplace(project))
        assert capsys.readouterr().err.count("shared-1: its run was deleted") == said


def test_a_run_that_the_server_will_not_have_at_all_is_set_aside(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(server: FakeServer, identity: RunIdentity, started: int) -> RemoteRun:
        if identity.name == "shared-1":
            raise ValueError("no such name")
        return RemoteRun(identity.name, identity.name, "1")

    monkeypatch.setattr(FakeServer, "run", run)
    record(project, metrics(range(3)), "shared-1")
    record(project, metrics(range(3)))
    deliver(project)
    assert sent_steps() == [0, 1, 2]
    assert sessions(Workplace(project).spool) == []


def test_a_database_that_cannot_be_used_keeps_everything_and_says_why(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unusable(address: str, project: Path) -> FakeServer:
        raise UnusableStoreError("is the database of another program; correct the address")

    record(project, metrics(range(3)))
    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "Server", unusable)
        deliver(project, idle=2.0)
    for said in (1, 0):
        warn(Workplace(project))
        assert capsys.readouterr().err.count("tracking: s: is the database of another program;") == said
    deliver(project)
    assert sent_steps() == [0, 1, 2]


@pytest.mark.parametrize("file", ["delivered.new", "undelivered.json", "runs"])
def test_what_cannot_be_written_here_is_not_the_servers_refusal(
    project: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """A full disk, say: everything waits in the spool."""
    record(project, metrics(range(1500)))
    (session,) = sessions(Workplace(project).spool)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    write, open_ = Path.write_text, dispatch.write_json

    def write_text(path: Path, text: str, **options: Any) -> int:
        if path.name == file:
            raise full
        return write(path, text, **options)

    def write_json(path: Path, value: Any) -> None:
        if file in (path.parent.name, path.name):
            raise UserError(f"{path}: cannot be written")
        open_(path, value)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", write_text)
        patch.setattr(dispatch, "write_json", write_json)
        patch.setattr(delivery, "write_json", write_json)
        if file == "undelivered.json":
            FakeServer.away = {"s"}
        deliver(project, idle=0.3)
    FakeServer.away = set()
    assert [one.folder for one in sessions(Workplace(project).spool)] == [session.folder]
    assert not Workplace(project).refused.exists()
    deliver(project)
    assert sessions(Workplace(project).spool) == []


def test_a_spool_that_somebody_removes_ends_the_delivery(project: Path) -> None:
    record(project, metrics(range(3)))
    (session,) = sessions(Workplace(project).spool)
    session.remove()
    assert not Dispatcher(Workplace(project))._advance(session)


def test_a_session_that_cannot_be_read_at_all_is_set_aside(project: Path) -> None:
    record(project, [])
    (session,) = sessions(Workplace(project).spool)
    (session.folder / "events.jsonl").write_bytes(b"\0\0\n")
    deliver(project)
    assert sessions(Workplace(project).spool) == []
    assert (Workplace(project).refused / session.folder.name).exists()
