"""Length and position metrics against values worked out by hand."""

from pathlib import Path

import pytest

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.evaluate.generalisation import (
    length_metrics,
    lengths_table,
    position_metrics,
    position_table,
    quantile_table,
)


def row(split: str, kind: str, rule: str, own: bool, length: int, right: bool, label: int = 1) -> Prediction:
    predicted = label if right else 1 - label
    return Prediction(split=split, kind=kind, rule=rule, own=own, length=length, label=label, predicted=predicted)


def at(kind: str, position: int, right: bool) -> Prediction:
    return Prediction(kind=f"position_{kind}", position=position, label=1, predicted=int(right))


def test_length_score_weighs_lengths_alike_whatever_their_rows() -> None:
    rows = [row("probes", "length", "", True, 41, True)] * 3 + [row("probes", "length", "", True, 42, False)]
    assert length_metrics(predictions_of(rows)) == {"length_score": 0.5}


def test_each_rule_has_its_score_and_the_models_own_is_the_plain_one() -> None:
    rows = [
        row("probes", "length", "", True, 41, True),  # within the extent: counts under every rule
        row("probes", "length", "hold", True, 42, True),
        row("probes", "length", "cycle", False, 42, False),
    ]
    metrics = length_metrics(predictions_of(rows))
    assert metrics == {"length_score": 1.0, "length_score/cycle": 0.5, "length_score/hold": 1.0}


def test_the_table_counts_test_and_length_rows_by_rule(tmp_path: Path) -> None:
    table = lengths_table(
        predictions_of(
            [
                row("test", "", "", True, 3, True),
                row("test", "", "", True, 3, False, label=0),
                row("test", "", "", True, 3, True, label=0),
                row("probes", "length", "hold", True, 41, True),
                row("probes", "invariance", "", True, 9, True),  # no length probe
                row("train", "", "", True, 3, True),
            ]
        )
    )
    table.write(tmp_path / "lengths.csv")
    assert (tmp_path / "lengths.csv").read_text() == "rule,length,rows,correct,constant\n,3,3,2,1\nhold,41,1,1,1\n"


def test_quantiles_split_the_test_texts_in_four_and_no_length_in_two() -> None:
    lengths = [1, 1, 2, 2, 2, 2, 9, 9]  # a quarter of them reach length 1, three quarters length 2
    rows = [row("test", "", "", True, length, index != 2) for index, length in enumerate(lengths)]
    rows += [row("probes", "length", "", True, 50, True), row("train", "", "", True, 7, True)]
    table = quantile_table(predictions_of(rows))
    assert table.columns == ("quantile", "shortest", "longest", "rows", "correct", "constant")
    assert list(table.rows) == [(1, 1, 1, 2, 2, 2), (2, 2, 2, 4, 3, 4), (4, 9, 9, 2, 2, 2)]


def test_position_gap_and_table() -> None:
    rows = [at("seen", 4, True), at("seen", 4, True), at("seen", 2, True)]
    rows += [at("unseen", 7, right) for right in (True, False, False, False)]
    rows.append(row("train", "", "", True, 5, True, label=0))  # the majority of train, that no probe has
    assert position_metrics(predictions_of(rows)) == {
        "position_seen": 1.0,
        "position_unseen": pytest.approx(0.25),
        "position_gap": pytest.approx(0.75),
    }
    table = position_table(predictions_of(rows))
    assert table.columns == ("kind", "position", "rows", "correct", "constant")
    assert list(table.rows) == [("seen", 2, 1, 1, 0), ("seen", 4, 2, 2, 0), ("unseen", 7, 4, 1, 0)]


def test_without_one_of_the_two_there_is_no_gap() -> None:
    assert position_metrics(predictions_of([at("seen", 4, True)])) == {}
