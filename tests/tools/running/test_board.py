"""What is seen of a run while it goes on."""

from pathlib import Path

import pytest

from timeshare.core.progress import Progress
from timeshare.tools.running.board import Board
from timeshare.tools.running.times import Times


def shown(board: Board) -> list[str]:
    return [str(line) for line in board.render().renderables]


def test_each_stage_that_runs_has_a_line_and_the_others_have_one(tmp_path: Path) -> None:
    times = Times(tmp_path)
    times.record("train@b", 120.0)
    board = Board(times, left=lambda: 600.0)
    board.begun("train@long_name", lambda: Progress(0.5, "seed 0, epoch 3 of 6, loss 0.61"), "on a machine, ")
    board.begun("train@b", lambda: None)
    board.begun("train@c", lambda: None)
    board.ended("train@c")
    board.counted(7, 4, ["train@d"])
    first, second, last = shown(board)
    assert first.startswith("train@long_name  on a machine, seed 0, epoch 3 of 6, loss 0.61, 0 s, about ")
    assert second == "train@b          0 s, about 2 min left"
    assert last == "4 done, 2 running, 7 waiting, 1 failed (train@d), about 10 min left"


def test_off_a_terminal_lines_are_plain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Board(Times(tmp_path)) as board:
        board.say("a line")
    assert capsys.readouterr().err == "a line\n"
