"""Waiting for the sender, and what keeps it from its work."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from tests.tracking.runs import run_identity
from timeshare.core.config.errors import UserError
from timeshare.tracking import delivery
from timeshare.tracking.delivery import Outage, drain, redirect
from timeshare.tracking.spool import SessionWriter, sessions
from timeshare.tracking.workplace import Workplace, exclusive


def record(root: Path, server: str = "http://nohost") -> SessionWriter:
    writer = SessionWriter(Workplace(root).spool, {"server": server, "run": run_identity().to_json()})
    writer.write({"event": "metrics", "time": 1, "step": 0, "values": {"loss": 1.0}})
    return writer


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EROFS, os.strerror(errno.EROFS), "sender.lock"), subprocess.CalledProcessError(1, "sh")],
    ids=["read-only", "no process"],
)
def test_a_sender_that_cannot_be_started_is_a_reason(
    project: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(root: Path) -> None:
        raise error

    record(project).close()
    monkeypatch.setattr(delivery, "ensure_sender", fail)
    delivered = drain(project, 1.0)
    assert delivered.sent == 0
    assert "cannot be used" in delivered.reason
    assert "\n" not in delivered.reason


def test_a_spool_that_is_none_holds_nothing(project: Path) -> None:
    (project / ".timeshare").write_text("in the way")
    assert drain(project, 1.0)[:3] == (0, 0, 0)


def test_a_session_whose_events_are_gone_is_none(project: Path) -> None:
    writer = record(project)
    (writer.folder / "events.jsonl").unlink()
    assert drain(project, 1.0)[:2] == (0, 0)
    writer.close()


def test_what_was_recorded_for_a_wrong_address_goes_to_the_right_one(project: Path) -> None:
    record(project).close()
    record(project, "http://right").close()
    writer = record(project)  # Its stage still runs.
    workplace = Workplace(project)
    Outage("http://nohost", "cannot be reached", since=1, failures=3).write(workplace)
    for session in sessions(workplace.spool):
        session.record_delivered(7)
    redirect(project, "http://right", timeout=1.0)
    ended, right, running = sessions(workplace.spool)
    assert [one.opening()["server"] for one in (ended, right, running)] == ["http://right"] * 2 + ["http://nohost"]
    assert [one.delivered for one in (ended, right, running)] == [0, 7, 7]
    assert [event["event"] for event, _ in ended.events(0)] == ["open", "metrics"]
    assert (ended.folder / "events.jsonl").stat().st_mode & 0o077 == 0
    assert Outage.read(workplace) is None
    writer.close()


def test_nothing_is_redirected_under_a_sender(project: Path) -> None:
    record(project).close()
    with exclusive(Workplace(project).lock), pytest.raises(UserError, match="the sender still runs"):
        redirect(project, "http://right", timeout=0.0)
    (session,) = sessions(Workplace(project).spool)
    assert session.opening()["server"] == "http://nohost"
