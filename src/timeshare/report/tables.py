"""The tables of the page."""

import itertools
from collections.abc import Sequence

from timeshare.models.settings import BagOfWordsSettings
from timeshare.report.cells import (
    ABSENT,
    METRICS,
    UNTRAINED,
    Cell,
    Table,
    difference_cell,
    form_of,
    metric_name,
    model_cell,
    value_cell,
)
from timeshare.report.results import Results
from timeshare.report.statistics import Comparison, holm, proportion_interval
from timeshare.report.wording import count, p_value, percent, plural

_COMPARED = (
    "accuracy",
    "overfit",
    "order_invariance",
    "order_sensitivity",
    "order_score",
    "length_score",
    "position_gap",
)


def metrics_table(results: Results, dataset: str) -> Table:
    """Model x metric: mean and interval over seeds, with the degenerate baselines below."""
    present = results.metrics(dataset)
    metrics = [name for name in METRICS if name in present]
    rows = [
        (model_cell(model), *(value_cell(metric, results.summary(dataset, model, metric)) for metric in metrics))
        for model in results.models
    ]
    rows += untrained_rows(results, dataset, metrics)
    return Table(
        f"Mean over {plural(len(results.seeds), 'seed')}; below it the {results.params.report.confidence:.0%} "
        "interval, where the seeds differ.",
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
    rows += untrained_rows(results, dataset, metrics)
    caption = f"Mean over seeds on {dataset} with its interval."
    return Table(caption, ["model", *(METRICS[metric] for metric in metrics)], rows)


def untrained_rows(results: Results, dataset: str, metrics: Sequence[str]) -> list[tuple[Cell, ...]]:
    """A row for each degenerate baseline that has any of the metrics."""
    rows = []
    for name, known in results.datasets[dataset].baselines.items():
        cells = [Cell(form_of(metric)(known[metric])) if metric in known else ABSENT for metric in metrics]
        if any(cell != ABSENT for cell in cells):
            rows.append((Cell(UNTRAINED.get(name, name)), *cells))
    return rows


def contrast_table(results: Results, metrics: Sequence[str], baseline: str, models: Sequence[str] = ()) -> Table | None:
    """Dataset and model x metrics, each with its difference from the baseline; None where nothing is measured.

    Args:
        results: of the run.
        metrics: columns; one that no model has is left out.
        baseline: what the others are compared with.
        models: the rows; none: all models.
    """
    names = {name.partition("/")[0] for dataset in results.datasets for name in results.metrics(dataset)}
    metrics = [metric for metric in metrics if metric.partition("/")[0] in names]
    rows = []
    for dataset in results.datasets:
        for model in models or results.models:
            cells = []
            for metric in metrics:
                name = results.length_metric(dataset, model) if metric == "length_score" else metric
                cells.append(value_cell(metric, results.summary(dataset, model, name) if name else None))
                if metric != "parameters":
                    other = None if model == baseline else compare_on(results, dataset, model, baseline, metric)
                    cells.append(difference_cell(other, metric))
            if any(cell != ABSENT for cell in cells):
                rows.append((Cell(dataset), model_cell(model), *cells))
        # Of a baseline there is no seed to pair, and of a count no difference.
        widths = [1 if metric == "parameters" else 2 for metric in metrics]
        for row in untrained_rows(results, dataset, metrics):
            pairs = ((level, ABSENT)[:width] for level, width in zip(row[1:], widths, strict=True))
            rows.append((Cell(dataset), row[0], *itertools.chain.from_iterable(pairs)))
    if not rows:
        return None
    columns = ["model"]
    for metric in metrics:
        columns += [metric_name(metric)] if metric == "parameters" else [metric_name(metric), f"minus {baseline}"]
    caption = f"Means over seeds, and paired differences from {baseline} (of shares in points), with intervals."
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
        form = form_of(metric)
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
        for name, level in untrained_rows(results, dataset, [metric]):
            rows.append((Cell(metric), name, level, *[ABSENT] * (2 + len(results.seeds))))
    seeds = [f"seed {seed}" for seed in results.seeds]
    columns = ["model", "mean", "interquartile mean", "max", *seeds]
    return Table("Every metric of results/, for every seed.", columns, rows, grouped=True)


def examples_table(results: Results, dataset: str) -> Table | None:
    """Test accuracy of each seed with its interval over the test texts: what one seed's number is worth by itself."""
    total = results.datasets[dataset].rows("test")
    if total < 1:
        return None
    rows = []
    for model in results.models:
        for seed, accuracy in results.values(dataset, model, "accuracy").items():
            bounds = proportion_interval(round(accuracy * total), total, results.params.report.confidence)
            low, high = (percent(bound) for bound in bounds)
            rows.append((model_cell(model), Cell(f"seed {seed}"), Cell(percent(accuracy), f"{low} to {high}")))
    rows += [(name, ABSENT, level) for name, level in untrained_rows(results, dataset, ["accuracy"])]
    return Table(
        f"Within a seed: test accuracy with its Wilson interval over the {count(total)} test texts.",
        ["model", "seed", "accuracy"],
        rows,
    )


def rules_table(results: Results, models: Sequence[str]) -> Table:
    """Length scores by rule beyond the extent, and their difference."""
    rows = []
    for dataset in results.datasets:
        for model in models:
            scores = [results.summary(dataset, model, f"length_score/{rule}") for rule in ("hold", "cycle")]
            if any(scores):
                difference = results.compare(dataset, model, model, "length_score/hold", "length_score/cycle")
                cells = (value_cell("length_score", score) for score in scores)
                rows.append((Cell(dataset), model_cell(model), *cells, difference_cell(difference)))
        # To models without an extent, and to those that are not trained, a rule is nothing.
        for model in results.models:
            score = results.summary(dataset, model, "length_score")
            if score and isinstance(results.params.models[model], BagOfWordsSettings):
                rows.append((Cell(dataset), model_cell(model), *[value_cell("length_score", score)] * 2, ABSENT))
        for name, level in untrained_rows(results, dataset, ["length_score"]):
            rows.append((Cell(dataset), name, level, level, ABSENT))
    columns = ["model", "hold", "cycle", "hold minus cycle"]
    return Table("Length score by rule beyond the extent, over seeds.", columns, rows, grouped=True)
