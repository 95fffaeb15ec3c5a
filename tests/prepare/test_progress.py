import re

import pytest

from timeshare.prepare.progress import MANY_ROWS, row_progress


def said(rows: int, capsys: pytest.CaptureFixture[str]) -> str:
    with row_progress(rows) as begin:
        advance = begin("encode")
        for _ in range(4):
            advance(rows // 4)
    return capsys.readouterr().err


def test_a_pass_over_many_rows_leaves_its_speed_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    line = said(MANY_ROWS, capsys)
    assert "encode" in line
    assert f"{MANY_ROWS}/{MANY_ROWS}" in line
    assert re.search(r"\d rows/s", line)


def test_a_pass_over_few_rows_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(1000, capsys) == ""
