"""Length and position metrics against values worked out by hand."""

from pathlib import Path

import pytest

from tests.evaluate.conftest import Build, Row
from timeshare.evaluate.length import length_metrics, lengths_table, position_metrics, write_lengths


def row(split: str, kind: str, rule: str, own: bool, length: int, right: bool) -> Row:
    return (split, kind, rule, own, "x", "", length, 1, int(right))


def test_length_score_weighs_lengths_alike_whatever_their_rows(build: Build) -> None:
    rows = [row("probes", "length", "", True, 41, True)] * 3 + [row("probes", "length", "", True, 42, False)]
    assert length_metrics(build(rows)) == {"length_score": 0.5}


def test_each_rule_has_its_score_and_the_models_own_is_the_plain_one(build: Build) -> None:
    rows = [
        row("probes", "length", "", True, 41, True),  # within the extent: counts under every rule
        row("probes", "length", "hold", True, 42, True),
        row("probes", "length", "cycle", False, 42, False),
    ]
    metrics = length_metrics(build(rows))
    assert metrics == {"length_score": 1.0, "length_score/cycle": 0.5, "length_score/hold": 1.0}


def test_the_table_counts_test_and_length_rows_by_rule(build: Build, tmp_path: Path) -> None:
    table = lengths_table(
        build(
            [
                row("test", "", "", True, 3, True),
                row("test", "", "", True, 3, False),
                row("probes", "length", "hold", True, 41, True),
                row("probes", "invariance", "", True, 9, True),  # no length probe
                row("train", "", "", True, 3, True),
            ]
        )
    )
    assert table == [("", 3, 2, 1), ("hold", 41, 1, 1)]
    write_lengths(tmp_path / "lengths.csv", table)
    assert (tmp_path / "lengths.csv").read_text() == "rule,length,rows,correct\n,3,2,1\nhold,41,1,1\n"


def test_position_gap(build: Build) -> None:
    rows = [row("probes", "position_seen", "", True, 5, True)] * 2
    rows += [row("probes", "position_unseen", "", True, 5, right) for right in (True, False, False, False)]
    assert position_metrics(build(rows)) == {
        "position_seen": 1.0,
        "position_unseen": pytest.approx(0.25),
        "position_gap": pytest.approx(0.75),
    }
    assert position_metrics(build(rows[:2])) == {}
