"""What earlier runs say of the next one."""

from pathlib import Path

import pytest

from timeshare.tools.running.times import Times, in_words, makespan


def test_the_longest_of_the_last_five_runs_counts(tmp_path: Path) -> None:
    times = Times(tmp_path)
    for seconds in (90.0, 20.0, 0.3, 0.3, 0.3, 0.3):
        times.record("train@parity-shared", seconds)
    assert Times(tmp_path).of("train@parity-shared") == 20.0


def test_a_stage_that_has_not_run_takes_what_its_kind_does(tmp_path: Path) -> None:
    times = Times(tmp_path)
    for name, seconds in (("a", 10.0), ("b", 30.0), ("c", 50.0)):
        times.record(f"train@{name}", seconds)
    assert times.of("train@d") == 30.0
    assert times.of("evaluate@d") is None


@pytest.mark.parametrize("content", ["", "[]", '{"train@a": 3}', "{"], ids=["empty", "list", "no list", "torn"])
def test_a_damaged_file_costs_the_guess_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / ".timeshare/times.json"
    path.parent.mkdir()
    path.write_text(content)
    times = Times(tmp_path)
    times.record("size@a", 2.0)
    assert Times(tmp_path).of("size@a") == 2.0


@pytest.mark.parametrize(
    ("slots", "expected"),
    [(1, 3 + 4 + 5 + 1), (2, 3 + 5 + 1), (9, 3 + 5 + 1)],
    ids=["one after the other", "two at once", "no one waits"],
)
def test_stages_wait_for_each_other_and_for_a_slot(slots: int, expected: float) -> None:
    seconds = {"data": 3.0, "one": 4.0, "two": 5.0, "report": 1.0}
    needs = {"data": ["done"], "one": ["data"], "two": ["data"], "report": ["one", "two"]}
    assert makespan(seconds, needs, slots) == expected


def test_times_are_said_in_one_unit() -> None:
    assert [in_words(seconds) for seconds in (0.4, 59, 600, 9000)] == ["0 s", "59 s", "10 min", "2.5 h"]
