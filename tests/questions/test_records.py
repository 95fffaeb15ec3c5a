"""Tables and figures over seeds, against values worked out by hand."""

from pathlib import Path

import pytest

from timeshare.questions.records import in_words, long_form, mean_by_region, over_seeds, write_table

RECORDS = [
    {"model": "a", "seed": 0, "accuracy": 0.5},
    {"model": "b", "seed": 0, "accuracy": 1.0, "extra": 20_695},
    {"model": "a", "seed": 1, "accuracy": 1.0},
]


def test_figures_over_seeds() -> None:
    first, second = over_seeds(RECORDS, ("model",), ("accuracy", "extra"))
    assert first == {
        "variant": {"model": "a"},
        "metrics": {"accuracy": {"mean": 0.75, "low": 0.5, "high": 1.0, "values": [0.5, 1.0]}},
    }
    assert second["metrics"]["extra"] == {"mean": 20_695.0, "low": 20_695.0, "high": 20_695.0, "values": [20_695.0]}
    # What a study prints.
    assert in_words(first) == "model a: accuracy 0.75 (0.5 to 1)"
    assert in_words(second) == "model b: accuracy 1, extra 20,695"


def test_a_region_s_mean_weighs_its_lengths_alike() -> None:
    records = [
        {"model": "a", "length": 3, "rows": 10, "correct": 9, "region": "trained"},
        {"model": "a", "length": 4, "rows": 2, "correct": 1, "region": "trained"},
        {"model": "a", "length": 5, "rows": 4, "correct": 0, "region": "beyond"},
        {"model": "b", "length": 3, "rows": 4, "correct": 4, "region": "trained"},
    ]
    assert list(mean_by_region(records, ("model",))) == [
        {"model": "a", "trained": pytest.approx(0.7), "beyond": 0.0},
        {"model": "b", "trained": 1.0},
    ]


def test_long_form_has_a_row_for_each_metric_that_is_there() -> None:
    assert list(long_form(RECORDS[1:], ("model",), ("accuracy", "extra"))) == [
        {"model": "b", "metric": "accuracy", "value": 1.0},
        {"model": "b", "metric": "extra", "value": 20_695},
        {"model": "a", "metric": "accuracy", "value": 1.0},
    ]


def test_a_table_is_csv_with_empty_cells_for_none(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", [{"window": None, "rows": 3}, {"window": 5, "rows": 4}])
    assert (tmp_path / "t.csv").read_bytes() == b"window,rows\n,3\n5,4\n"


def test_records_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to write"):
        write_table(tmp_path / "t.csv", [])
    with pytest.raises(ValueError, match="extra"):
        write_table(tmp_path / "t.csv", [{"rows": 3}, {"rows": 4, "extra": 1}])
