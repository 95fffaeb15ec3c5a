"""The tables and the files beside the page."""

import csv
from pathlib import Path

import pytest

from tests.report.fixture import make_params, write_tree
from timeshare.report.cells import ABSENT, Table
from timeshare.report.exports import summary_json, write_plots
from timeshare.report.reading import read_results
from timeshare.report.results import Results
from timeshare.report.statistics import holm
from timeshare.report.tables import (
    comparison_table,
    contrast_table,
    examples_table,
    metrics_table,
    seeds_table,
)


def column(table: Table, name: str) -> dict[str, str]:
    """A column's texts by the row's first cell."""
    place = list(table.columns).index(name)
    return {row[0].text: row[place].text for row in table.rows}


def test_summary_has_every_metric_of_every_model_and_five_numbers_each(results: Results) -> None:
    summary = summary_json(results)
    assert set(summary) == {"sentences", "parity"}
    assert set(summary["parity"]) == {"shared", "unshared", "bag_of_words"}
    values = list(results.values("sentences", "unshared", "accuracy").values())
    entry = summary["sentences"]["unshared"]["accuracy"]
    assert set(entry) == {"mean", "low", "high", "max", "n"}
    assert entry["mean"] == pytest.approx(sum(values) / 3)
    assert entry["max"] == max(values)
    assert entry["n"] == 3
    assert {"low": 1.0, "high": 1.0}.items() <= summary["parity"]["shared"]["accuracy"].items()
    assert "length_score/hold" in summary["parity"]["unshared"]
    assert "length_score/hold" not in summary["parity"]["shared"]
    assert "order_sensitivity" not in summary["parity"]["shared"]


def test_summary_of_one_seed_has_no_interval(tree: Path) -> None:
    entry = summary_json(read_results(make_params(seeds=(1,)), tree))["parity"]["unshared"]["accuracy"]
    assert (entry["low"], entry["high"], entry["n"]) == (None, None, 1)


def test_the_metrics_table_holds_what_needs_no_training(results: Results) -> None:
    table = metrics_table(results, "sentences")
    names = [row[0].text for row in table.rows]
    assert names == ["shared", "unshared", "bag_of_words", "constant", "blind to order", "random guess"]
    assert column(table, "accuracy")["random guess"] == "20.0%"
    assert column(table, "order sensitivity")["random guess"] == "4.0%"
    assert column(table, "order score")["constant"] == "0.0%"
    assert column(table, "accuracy")["blind to order"] == ABSENT.text  # what its name alone does not tell


def test_the_comparison_table_is_corrected_as_a_whole(results: Results) -> None:
    table = comparison_table(results, "sentences", "shared")
    assert table is not None
    raw = [float(row[3].text) for row in table.rows]
    assert min(raw) == 0.25  # three seeds reach no less
    assert [float(row[4].text) for row in table.rows] == pytest.approx(holm(raw))
    assert {row[1].text for row in table.rows} == {"unshared", "bag_of_words"}


def test_tables_without_content_are_left_out(results: Results, tree: Path) -> None:
    assert contrast_table(results, ("shuffle_change",), "shared") is None
    assert comparison_table(read_results(make_params(models=("shared",)), tree), "parity", "shared") is None


def test_groups_keep_the_order_of_the_rows(results: Results) -> None:
    table = contrast_table(results, ("accuracy",), "shared")
    assert table is not None
    assert [name for name, _ in table.groups] == ["sentences", "parity"]
    assert all(len(row) == len(table.columns) for _, rows in table.groups for row in rows)


def test_every_row_is_as_long_as_its_heading(results: Results) -> None:
    tables = [metrics_table(results, "parity"), seeds_table(results, "parity"), examples_table(results, "parity")]
    for table in tables:
        assert table is not None
        assert {len(row) for _, rows in table.groups for row in rows} == {len(table.columns)}


def test_plots_have_one_row_a_point(results: Results, tmp_path: Path) -> None:
    write_plots(results, tmp_path / "plots")
    with (tmp_path / "plots/length.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    first = results.run("sentences", "shared", 0).lengths[0]
    assert rows[0]["dataset"] == "sentences"
    assert float(rows[0]["accuracy"]) == first.correct / first.rows
    assert len(rows) == sum(
        len(run.lengths)
        for dataset in results.datasets
        for model in results.models
        for run in results.runs(dataset, model)
    )
    with (tmp_path / "plots/order.csv").open(newline="") as file:
        assert {row["dataset"] for row in csv.DictReader(file)} == {"sentences"}  # parity has no sensitivity
    with (tmp_path / "plots/curves.csv").open(newline="") as file:
        assert next(csv.reader(file))[:5] == ["dataset", "model", "seed", "epoch", "train_loss"]


def test_real_text_has_shuffles_instead_of_gold_orders(tmp_path: Path) -> None:
    params = make_params(datasets=("movie_reviews",), resamples=100)
    write_tree(tmp_path, params)
    table = metrics_table(read_results(params, tmp_path), "movie_reviews")
    assert "changed by shuffling" in table.columns
    assert "order invariance" not in table.columns
