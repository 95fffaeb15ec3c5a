import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from timeshare.tracking.spool import Session, SessionWriter, sessions


def test_events_are_read_in_the_order_written(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path, {"server": "s"})
    for step in range(5):
        writer.write({"event": "metrics", "step": step})
    (session,) = sessions(tmp_path)
    assert session.opening()["server"] == "s"
    events = [event for event, _ in session.events(0)]
    assert [event.get("step") for event in events] == [None, 0, 1, 2, 3, 4]
    writer.close()


def test_delivery_goes_on_at_the_recorded_offset(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path, {})
    writer.write({"event": "metrics", "step": 0})
    (session,) = sessions(tmp_path)
    _, offset = list(session.events(0))[-1]
    session.record_delivered(offset)
    assert session.pending() == 0
    writer.write({"event": "metrics", "step": 1})
    again = Session(session.folder)
    assert again.pending() == 1
    assert [event["step"] for event, _ in again.events(again.delivered)] == [1]
    writer.close()


def test_a_torn_last_line_is_left_alone(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path, {})
    writer.write({"event": "metrics", "step": 0})
    (session,) = sessions(tmp_path)
    events = session.folder / "events.jsonl"
    with events.open("ab") as file:
        file.write(b'{"event":"metrics","st')
    assert [event["event"] for event, _ in session.events(0)] == ["open", "metrics"]
    assert session.pending() == 2
    writer.close()


def test_every_number_survives_the_spool(tmp_path: Path) -> None:
    values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, float("inf"), float("nan")]
    writer = SessionWriter(tmp_path, {})
    writer.write({"event": "metrics", "values": {str(place): value for place, value in enumerate(values)}})
    writer.close()
    (session,) = sessions(tmp_path)
    (_, _), (event, _) = session.events(0)
    assert [value.hex() for value in event["values"].values()] == [value.hex() for value in values]


def test_artifacts_are_kept_as_they_were(tmp_path: Path) -> None:
    source = tmp_path / "params.yaml"
    source.write_text("seed: 0\n")
    writer = SessionWriter(tmp_path / "spool", {})
    first = writer.keep(source)
    source.write_text("seed: 1\n")
    second = writer.keep(source)
    together = writer.keep(source, name="model")
    assert (writer.folder / first).read_text() == "seed: 0\n"
    assert (writer.folder / second).read_text() == "seed: 1\n"
    assert (writer.folder / together / "params.yaml").read_text() == "seed: 1\n"
    writer.close()


def test_another_format_is_refused(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path, {})
    writer.close()
    (session,) = sessions(tmp_path)
    (session.folder / "events.jsonl").write_text(json.dumps({"event": "open", "format": 99}) + "\n")
    with pytest.raises(ValueError, match="format 99"):
        session.opening()


def test_a_removed_session_is_gone_even_if_the_removal_was_cut_short(tmp_path: Path) -> None:
    SessionWriter(tmp_path, {}).close()
    SessionWriter(tmp_path, {}).close()
    first, second = sessions(tmp_path)
    first.folder.rename(tmp_path / f".done-{first.folder.name}")
    assert [session.folder for session in sessions(tmp_path)] == [second.folder]
    second.remove()
    assert list(tmp_path.iterdir()) == []


def _write_and_wait(spool: Path, ready, stop) -> None:
    writer = SessionWriter(spool, {})
    ready.set()
    stop.wait()
    writer.close()


@pytest.mark.parametrize("killed", [False, True])
def test_a_writer_is_alive_until_its_process_ends(tmp_path: Path, killed: bool) -> None:
    context = multiprocessing.get_context("fork")
    ready, stop = context.Event(), context.Event()
    process = context.Process(target=_write_and_wait, args=(tmp_path, ready, stop))
    process.start()
    assert ready.wait(10)
    (session,) = sessions(tmp_path)
    assert session.writer_alive()
    if killed:
        os.kill(process.pid, signal.SIGKILL)
    else:
        stop.set()
    process.join(10)
    assert not session.writer_alive()
