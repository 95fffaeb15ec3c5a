"""The tables and the files beside the page."""

import csv
import shutil
from pathlib import Path

import pytest

from tests.report.fixture import make_params, write_tree, write_tuning
from timeshare.params import Params
from timeshare.report import drawing
from timeshare.report.entries import ABSENT, Entry, Table, difference_entry, value_entry
from timeshare.report.exports import metrics_json, summary_json, write_plots
from timeshare.report.figures.curves import curves_figure
from timeshare.report.figures.lengths import length_figure
from timeshare.report.figures.variants import variants_figure
from timeshare.report.lengths import binned_accuracy
from timeshare.report.reading import read_results
from timeshare.report.records import Study, Variant
from timeshare.report.results import Results
from timeshare.report.statistics import Comparison, Summary, holm
from timeshare.report.tables import (
    all_metrics_table,
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


def test_metrics_are_the_means_of_the_main_ones(results: Results) -> None:
    metrics, summary = metrics_json(results), summary_json(results)
    assert {name: set(models) for name, models in metrics.items()} == {name: set(summary[name]) for name in summary}
    assert set(metrics["sentences"]["shared"]) <= {"accuracy", "order_score", "length_score"}
    for dataset, models in metrics.items():
        for model, values in models.items():
            assert values == pytest.approx({name: summary[dataset][model][name]["mean"] for name in values}, abs=5e-5)
            assert "accuracy" in values


def test_of_a_tuned_model_the_files_have_what_its_trials_reach(copy: Path, params: Params) -> None:
    write_tuning(copy, "parity", "unshared", [0.5, 0.6, 1.0, 0.9])
    results = read_results(params, copy)
    summary = summary_json(results)["parity"]
    one, best = (summary["unshared"][f"valid_accuracy_{name}_trial"] for name in ("one", "best"))
    assert one["mean"] == pytest.approx(0.75)
    assert (best["mean"], best["max"], best["n"]) == (1.0, 1.0, 4)
    assert not any("trial" in name for name in summary["shared"])


def test_summary_of_one_seed_has_no_interval(tree: Path) -> None:
    entry = summary_json(read_results(make_params(seeds=(1,)), tree))["parity"]["unshared"]["accuracy"]
    assert (entry["low"], entry["high"], entry["n"]) == (None, None, 1)


def test_the_metrics_table_holds_what_needs_no_training(results: Results) -> None:
    table = all_metrics_table(results, "sentences")
    names = [row[0].text for row in table.rows]
    assert names == ["shared", "unshared", "bag_of_words", "constant (majority)", "blind to order", "random guess"]
    assert column(table, "accuracy")["random guess"] == "20.0%"
    assert column(table, "order sensitivity")["random guess"] == "4.0%"
    assert column(table, "order score")["constant (majority)"] == "0.0%"
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


def test_a_table_is_cut_where_datasets_measure_other_things(results: Results) -> None:
    table = contrast_table(results, ("order_invariance", "position_gap"), "shared")
    assert table is not None
    sentences, parity = table.parts
    assert [name for name, _ in sentences.groups] == ["sentences"]
    assert sentences.columns == ["model", "order invariance", "minus shared", "position gap", "minus shared"]
    assert [name for name, _ in parity.groups] == ["parity"]
    assert parity.columns == ["model", "order invariance", "minus shared"]
    for part in (sentences, parity):
        assert {len(row) for _, rows in part.groups for row in rows} == {len(part.columns)}
    # What both measure stays together.
    both = contrast_table(results, ("accuracy",), "shared")
    assert both is not None
    assert both.parts == [both]
    assert [name for name, _ in both.groups] == ["sentences", "parity"]
    # Without another model there is no difference, and no column for it.
    alone = contrast_table(results, ("accuracy",), "shared", ["shared"])
    assert alone is not None
    assert [part.columns for part in alone.parts] == [["model", "accuracy"]]


def test_an_ungrouped_table_is_one_part() -> None:
    table = Table(
        "", ["model", "empty", "full"], [(Entry("shared"), ABSENT, Entry("1")), (Entry("other"), ABSENT, ABSENT)]
    )
    (part,) = table.parts
    assert part.columns == ["model", "full"]
    assert part.rows == [(Entry("shared"), Entry("1")), (Entry("other"), ABSENT)]


def test_an_interval_breaks_after_its_to_alone() -> None:
    share = value_entry("accuracy", Summary(0.8, 0.75, 0.85, 0.8, 0.85, 3))
    assert share.note == "75.0\N{NO-BREAK SPACE}to 85.0%"
    points = difference_entry(Comparison(0.1, 0.05, 0.15, 0.25, 1.0, 3))
    assert points.note == "+5.0\N{NO-BREAK SPACE}to +15.0"


@pytest.mark.parametrize(("epochs", "ticks"), [(1, [1]), (3, [1, 2, 3]), (25, [1, 4, 7, 10, 13, 16, 19, 22, 25])])
def test_curves_name_each_epoch_once_and_not_too_many(
    tree: Path, params: Params, tmp_path: Path, epochs: int, ticks: list[int]
) -> None:
    root = shutil.copytree(tree, tmp_path / "copy")
    for path in (root / "models/parity").rglob("curves.csv"):
        rows = [f"{epoch},0.5,0.5,0.5,0.5" for epoch in range(epochs)]
        path.write_text("\n".join(["epoch,train_loss,train_accuracy,valid_loss,valid_accuracy", *rows]) + "\n")
    figure = curves_figure(read_results(params, root), "parity")
    assert figure is not None
    assert {tuple(layer["encoding"]["x"]["axis"]["values"]) for layer in figure.spec["layer"]} == {tuple(ticks)}


@pytest.mark.parametrize(
    ("values", "start"), [((1.0, 1.0), 0.9), ((0.97, 1.0), 0.9), ((0.45, 1.0), 0.4), ((0.0,), 0.0)]
)
def test_a_scale_of_shares_has_a_length(values: tuple[float, ...], start: float) -> None:
    assert drawing.share_scale(values).to_dict() == {"domain": [start, 1]}


def test_the_tables_behind_the_lines_hold_what_needs_no_training_too(results: Results) -> None:
    lengths = length_figure(results, "sentences", ["shared"])
    assert lengths is not None
    assert set(column(lengths.table, "constant (majority)").values()) == {"50.0%"}
    assert set(column(lengths.table, "random guess").values()) == {"20.0%"}


def test_the_tables_of_the_questions_hold_what_needs_no_training_too(results: Results) -> None:
    table = contrast_table(results, ("parameters", "accuracy", "length_score"), "shared")
    assert table is not None
    for dataset, rows in table.groups:
        assert [row[0].text for row in rows[-2:]] == ["constant (majority)", "random guess"], dataset
        assert {len(row) for row in rows} == {len(table.columns)}
    random = next(row for name, rows in table.groups for row in rows if name == "parity" and "random" in row[0].text)
    assert [cell.text for cell in random] == ["random guess", ABSENT.text, "50.0%", ABSENT.text, "50.0%", ABSENT.text]
    behind = metrics_table(results, "sentences", ("order_sensitivity",))
    assert column(behind, "order sensitivity")["random guess"] == "4.0%"
    distances = contrast_table(results, ("state_distance/weekdays",), "shared")
    assert distances is not None
    assert [cell.text for cell in distances.rows[-1]][1:3] == ["random guess", "1.00"]
    # What no baseline has needs no row for it.
    cosines = contrast_table(results, ("interference",), "shared")
    assert cosines is not None
    assert "constant (majority)" not in {row[1].text for row in cosines.rows}


def test_the_table_of_a_study_holds_what_needs_no_training(results: Results) -> None:
    variant = Variant({"weight": 0.0}, {"accuracy": {0: 0.9, 1: 0.8}})
    baselines = {"parity: constant": {"accuracy": 0.51}, "random": {"length_score": 0.5}}
    study = Study("next_token", [variant], {"baselines": baselines})
    figure = variants_figure(results, study, "Scores", {"weight 0": variant}, {"accuracy": "accuracy"})
    assert figure is not None
    texts = [[cell.text for cell in row[1:]] for row in figure.table.rows]
    assert texts == [["weight 0", "85.0%", "2"], ["parity: constant (majority)", "51.0%", ABSENT.text]]


def test_every_row_is_as_long_as_its_heading(results: Results) -> None:
    tables = [all_metrics_table(results, "parity"), seeds_table(results, "parity"), examples_table(results, "parity")]
    for table in tables:
        assert table is not None
        assert {len(row) for _, rows in table.groups for row in rows} == {len(table.columns)}


def test_plots_have_one_row_a_point(results: Results, tmp_path: Path) -> None:
    write_plots(results, tmp_path / "plots")
    with (tmp_path / "plots/length.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["dataset", "model", "seed", "length", "accuracy"]
    for model in results.models:
        bins = [one for one in binned_accuracy(results, "parity", [model]) if not one.second]
        for seed in results.seeds:
            points = [
                row for row in rows if (row["dataset"], row["model"], row["seed"]) == ("parity", model, str(seed))
            ]
            assert [float(row["length"]) for row in points] == [one.centre for one in bins]
    shared = [float(row["accuracy"]) for row in rows if (row["dataset"], row["model"]) == ("parity", "shared")]
    assert shared == [1.0] * len(shared)
    with (tmp_path / "plots/order.csv").open(newline="") as file:
        assert {row["dataset"] for row in csv.DictReader(file)} == {"sentences"}  # parity has no sensitivity
    with (tmp_path / "plots/curves.csv").open(newline="") as file:
        assert next(csv.reader(file))[:5] == ["dataset", "model", "seed", "epoch", "train_loss"]


def test_real_text_has_shuffles_instead_of_gold_orders(tmp_path: Path) -> None:
    params = make_params(datasets=("movie_reviews",), resamples=100)
    write_tree(tmp_path, params)
    table = all_metrics_table(read_results(params, tmp_path), "movie_reviews")
    assert "changed by shuffling" in table.columns
    assert "order invariance" not in table.columns
