"""The tables of the page, and the files beside it: summary.json and the CSV files that `dvc plots` draws."""

import csv
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from timeshare.report.results import CURVES, Results
from timeshare.report.statistics import Comparison, Summary, holm, proportion_interval
from timeshare.report.wording import count, p_value, percent, plural, points

# What the page calls a metric; the order is that of the columns.
METRICS = {
    "accuracy": "accuracy",
    "train_accuracy": "training accuracy",
    "overfit": "overfit",
    "order_invariance": "order invariance",
    "order_sensitivity": "order sensitivity",
    "order_score": "order score",
    "shuffle_change": "changed by shuffling",
    "position_gap": "position gap",
    "length_score": "length score",
    "length_score/hold": "length score, hold",
    "length_score/cycle": "length score, cycle",
    "parameters": "parameters",
    "padding_waste": "padding waste",
}
_COUNTS = frozenset(("parameters",))
_GAPS = frozenset(("overfit", "position_gap"))
_COMPARED = (
    "accuracy",
    "overfit",
    "order_invariance",
    "order_sensitivity",
    "order_score",
    "length_score",
    "position_gap",
)


class Cell(NamedTuple):
    """A table's cell: its text, a smaller line under it, and whether it names a model of the run."""

    text: str
    note: str = ""
    is_model: bool = False


ABSENT = Cell("\N{EN DASH}")


class Table(NamedTuple):
    """A table of the page.

    Attributes:
        caption: what it holds.
        columns: headings.
        rows: one tuple of cells a row; the first cell names the row, the others hold numbers.
        grouped: whether each row begins with one more cell, which names the group that neighbouring rows form.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    grouped: bool = False

    @property
    def groups(self) -> list[tuple[str, list[Sequence[Cell]]]]:
        """(name, rows) of each group; the name of the only group of an ungrouped table is empty."""
        if not self.grouped:
            return [("", list(self.rows))]
        return [
            (name, [row[1:] for row in rows])
            for name, rows in itertools.groupby(self.rows, key=lambda row: row[0].text)
        ]


def model_cell(name: str) -> Cell:
    """A cell that names a model of the run and shows its key."""
    return Cell(name, is_model=True)


def value_cell(metric: str, summary: Summary | None) -> Cell:
    """A metric's mean over seeds with its interval below."""
    if summary is None:
        return ABSENT
    form = _form(metric)
    if summary.low is None or summary.high is None or summary.low == summary.high:
        return Cell(form(summary.mean))
    return Cell(form(summary.mean), f"{form(summary.low)} to {form(summary.high)}")


def difference_cell(comparison: Comparison | None) -> Cell:
    """A paired difference in percentage points with its interval below."""
    if comparison is None:
        return ABSENT
    low, high = comparison.low, comparison.high
    if low is None or high is None or low == high:
        return Cell(points(comparison.mean))
    return Cell(points(comparison.mean), f"{points(low)} to {points(high)}")


def metrics_table(results: Results, dataset: str) -> Table:
    """Model x metric: mean and interval over seeds, with the degenerate baselines below."""
    present = results.metrics(dataset)
    metrics = [name for name in METRICS if name in present]
    rows = [
        (model_cell(model), *(value_cell(metric, results.summary(dataset, model, metric)) for metric in metrics))
        for model in results.models
    ]
    for name, known in _degenerate(results, dataset).items():
        rows.append((Cell(name), *(Cell(_form(key)(known[key])) if key in known else ABSENT for key in metrics)))
    return Table(
        f"Mean over {plural(len(results.seeds), 'seed')}; below it the {results.params.report.confidence:.0%} interval, "
        "where the seeds differ.",
        ["model", *(METRICS[name] for name in metrics)],
        rows,
    )


def metric_table(results: Results, dataset: str, metrics: Sequence[str]) -> Table:
    """Model x the given metrics, for the models that have any of them."""
    rows = []
    for model in results.models:
        summaries = [results.summary(dataset, model, metric) for metric in metrics]
        if any(summaries):
            cells = (value_cell(metric, summary) for metric, summary in zip(metrics, summaries, strict=True))
            rows.append((model_cell(model), *cells))
    caption = f"Mean over seeds on {dataset} with its interval."
    return Table(caption, ["model", *(METRICS[metric] for metric in metrics)], rows)


def contrast_table(results: Results, metrics: Sequence[str], baseline: str) -> Table | None:
    """Dataset and model x metrics, each with its difference from the baseline; None where nothing is measured."""
    rows = []
    for dataset in results.datasets:
        for model in results.models:
            cells = []
            for metric in metrics:
                name = results.length_metric(dataset, model) if metric == "length_score" else metric
                cells.append(value_cell(metric, results.summary(dataset, model, name) if name else None))
                if metric != "parameters":
                    other = None if model == baseline else compare_on(results, dataset, model, baseline, metric)
                    cells.append(difference_cell(other))
            if any(cell != ABSENT for cell in cells):
                rows.append((Cell(dataset), model_cell(model), *cells))
    if not rows:
        return None
    columns = ["model"]
    for metric in metrics:
        columns += [METRICS[metric]] if metric == "parameters" else [METRICS[metric], f"minus {baseline}"]
    caption = f"Means over seeds, and paired differences from {baseline} in points, with their intervals."
    return Table(caption, columns, rows, grouped=True)


def comparison_table(results: Results, dataset: str, baseline: str) -> Table | None:
    """Each model minus the baseline, with test and correction; None where there is nothing to compare."""
    found = [
        (model, metric, comparison)
        for metric in _COMPARED
        for model in results.models
        if model != baseline and (comparison := compare_on(results, dataset, model, baseline, metric))
    ]
    if not found:
        return None
    corrected = holm([comparison.p_value for _, _, comparison in found])
    rows = [
        (
            Cell(METRICS[metric]),
            model_cell(model),
            difference_cell(comparison),
            Cell(p_value(comparison.p_value)),
            Cell(p_value(adjusted)),
            Cell(f"{comparison.probability_greater:.2f}"),
        )
        for (model, metric, comparison), adjusted in zip(found, corrected, strict=True)
    ]
    return Table(
        f"Each model minus {baseline}, in percentage points over paired seeds: mean difference with its interval, "
        f"exact sign-flip test, the same after Holm's correction over these {len(rows)} rows, and the chance that a "
        f"run of the model scores above a run of {baseline}.",
        ["model", "difference", "p", "p, Holm", f"P(above {baseline})"],
        rows,
        grouped=True,
    )


def compare_on(results: Results, dataset: str, first: str, second: str, metric: str) -> Comparison | None:
    """Compare two models; on `length_score`, each under the rule that serves it best."""
    if metric != "length_score":
        return results.compare(dataset, first, second, metric)
    one, other = results.length_metric(dataset, first), results.length_metric(dataset, second)
    return results.compare(dataset, first, second, one, other) if one and other else None


def seeds_table(results: Results, dataset: str) -> Table:
    """Every metric of every seed, with the interquartile mean and the maximum."""
    rows = []
    for metric in results.metrics(dataset):
        form = _form(metric)
        for model in results.models:
            summary = results.summary(dataset, model, metric)
            if summary is None:
                continue
            values = results.values(dataset, model, metric)
            cells = [Cell(form(values[seed])) if seed in values else ABSENT for seed in results.seeds]
            rows.append(
                (
                    Cell(metric),
                    model_cell(model),
                    Cell(form(summary.mean)),
                    Cell(form(summary.interquartile_mean)),
                    Cell(form(summary.max)),
                    *cells,
                )
            )
    seeds = [f"seed {seed}" for seed in results.seeds]
    columns = ["model", "mean", "interquartile mean", "max", *seeds]
    return Table("Every metric of results/, for every seed.", columns, rows, grouped=True)


def examples_table(results: Results, dataset: str) -> Table | None:
    """Test accuracy of each seed with its interval over the test texts: what one seed's number is worth by itself."""
    total = int(results.datasets[dataset].schema["rows"]["test"])
    if total < 1:
        return None
    rows = []
    for model in results.models:
        for seed, accuracy in results.values(dataset, model, "accuracy").items():
            bounds = proportion_interval(round(accuracy * total), total, results.params.report.confidence)
            low, high = (percent(bound) for bound in bounds)
            rows.append((model_cell(model), Cell(f"seed {seed}"), Cell(percent(accuracy), f"{low} to {high}")))
    return Table(
        f"Within a seed: test accuracy with its Wilson interval over the {count(total)} test texts.",
        ["model", "seed", "accuracy"],
        rows,
    )


def summary_json(results: Results) -> dict[str, dict[str, dict[str, dict[str, float | int | None]]]]:
    """The content of summary.json: dataset -> model -> metric -> mean, low, high, max, n."""
    return {
        dataset: {
            model: {
                metric: {"mean": item.mean, "low": item.low, "high": item.high, "max": item.max, "n": item.n}
                for metric in results.metrics(dataset)
                if (item := results.summary(dataset, model, metric))
            }
            for model in results.models
        }
        for dataset in results.datasets
    }


def write_plots(results: Results, folder: Path) -> None:
    """Write curves.csv, length.csv and order.csv, one row a point, for `dvc plots`."""
    folder.mkdir(parents=True, exist_ok=True)
    members = [
        ((dataset, model, str(seed)), results.run(dataset, model, seed))
        for dataset in results.datasets
        for model in results.models
        for seed in results.seeds
    ]
    name = ("dataset", "model", "seed")
    _write_csv(
        folder / "curves.csv",
        (*name, "epoch", *CURVES),
        ((*key, row["epoch"], *(row[curve] for curve in CURVES)) for key, run in members for row in run.curves),
    )
    _write_csv(
        folder / "length.csv",
        (*name, "rule", "length", "rows", "accuracy"),
        ((*key, row.rule, row.length, row.rows, row.correct / row.rows) for key, run in members for row in run.lengths),
    )
    order = ("order_invariance", "order_sensitivity", "order_score")
    _write_csv(
        folder / "order.csv",
        (*name, *order),
        (
            (*key, *(run.metrics[metric] for metric in order))
            for key, run in members
            if all(metric in run.metrics for metric in order)
        ),
    )


def _degenerate(results: Results, dataset: str) -> dict[str, dict[str, float]]:
    """What needs no learning: guessing at random, and always the commonest class of the training texts."""
    data = results.datasets[dataset]
    classes = len(data.classes)
    rows = {"random guess": {"accuracy": 1 / classes, "train_accuracy": 1 / classes, "length_score": 1 / classes}}
    if data.schema["gold_orders"]:
        rows["random guess"]["order_sensitivity"] = 1 / classes**2
    counts = data.schema.get("class_counts")
    if counts:
        commonest = max(sorted(counts["train"]), key=lambda label: counts["train"][label])
        shares = {split: counts[split].get(commonest, 0) / sum(counts[split].values()) for split in ("train", "test")}
        rows["constant"] = {
            "accuracy": shares["test"],
            "train_accuracy": shares["train"],
            "overfit": shares["train"] - shares["test"],
        }
        if data.schema["gold_orders"]:
            rows["constant"] |= {"order_invariance": 1.0, "order_sensitivity": 0.0, "order_score": 0.0}
    return rows


def _form(metric: str) -> Callable[[float], str]:
    if metric in _COUNTS:
        return count
    return points if metric in _GAPS else percent


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
