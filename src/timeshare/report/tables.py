"""The tables of the page."""

import itertools
from collections.abc import Sequence

from timeshare.report.entries import (
    ABSENT,
    METRICS,
    UNTRAINED,
    Entry,
    Table,
    difference_entry,
    form_of,
    metric_name,
    model_entry,
    value_entry,
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
# The metrics that say most, and what each is.
_MAIN = {
    "accuracy": "test texts labelled right",
    "order_invariance": "texts that get one label in every order of words that keeps their meaning",
    "order_sensitivity": "pairs of texts with equal words and different meanings that are both labelled right",
    "shuffle_change": "right answers that change when all words are shuffled",
    "length_score": "accuracy on texts longer than any in training, each length counting alike",
    "parameters": "weights that are trained",
}


def metrics_table(results: Results, dataset: str, metrics: Sequence[str], caption: str = "") -> Table:
    """Model x metric, mean and interval over seeds, where a model has any; the degenerate baselines stand below."""
    rows = []
    for model in results.models:
        summaries = [results.summary(dataset, model, metric) for metric in metrics]
        if any(summaries):
            entries = (value_entry(metric, summary) for metric, summary in zip(metrics, summaries, strict=True))
            rows.append((model_entry(model), *entries))
    rows += untrained_rows(results, dataset, metrics)
    caption = caption or f"Mean over seeds on {dataset} with its interval."
    return Table(caption, ["model", *(METRICS[metric] for metric in metrics)], rows)


def main_metrics_table(results: Results, dataset: str) -> Table:
    """That of the few which say most; of longer texts, under a model's own rule past its last step."""
    present = results.metrics(dataset)
    caption = f"Means over {plural(len(results.seeds), 'seed')} with their intervals."
    return metrics_table(results, dataset, [name for name in _MAIN if name in present], caption)


def meanings(results: Results, dataset: str) -> dict[str, str]:
    """What the columns of that table are."""
    present = results.metrics(dataset)
    return {METRICS[name]: meaning for name, meaning in _MAIN.items() if name in present}


def all_metrics_table(results: Results, dataset: str) -> Table:
    """That of all metrics which the page has a name for."""
    present = results.metrics(dataset)
    caption = (
        f"Mean over {plural(len(results.seeds), 'seed')}; below it the {results.params.report.confidence:.0%} "
        "interval, where the seeds differ."
    )
    return metrics_table(results, dataset, [name for name in METRICS if name in present], caption)


def untrained_rows(results: Results, dataset: str, metrics: Sequence[str]) -> list[tuple[Entry, ...]]:
    """A row for each degenerate baseline that has any of the metrics."""
    rows = []
    for name, known in results.datasets[dataset].baselines.items():
        entries = [Entry(form_of(metric)(known[metric])) if metric in known else ABSENT for metric in metrics]
        if any(entry != ABSENT for entry in entries):
            rows.append((Entry(UNTRAINED.get(name, name)), *entries))
    return rows


def contrast_table(results: Results, metrics: Sequence[str], baseline: str, models: Sequence[str] = ()) -> Table | None:
    """Dataset and model x metrics, each with its difference from the baseline; None where nothing is measured.

    Args:
        metrics: columns; one that no model has is left out.
        baseline: what the others are compared with.
        models: the rows; none: all models.
    """
    names = {name.partition("/")[0] for dataset in results.datasets for name in results.metrics(dataset)}
    metrics = [metric for metric in metrics if metric.partition("/")[0] in names]
    rows = []
    for dataset in results.datasets:
        for model in models or results.models:
            entries = []
            for metric in metrics:
                name = results.length_metric(dataset, model) if metric == "length_score" else metric
                entries.append(value_entry(metric, results.summary(dataset, model, name) if name else None))
                if metric != "parameters":
                    other = None if model == baseline else compare_on(results, dataset, model, baseline, metric)
                    entries.append(difference_entry(other, metric))
            if any(entry != ABSENT for entry in entries):
                rows.append((Entry(dataset), model_entry(model), *entries))
        # Of a baseline there is no seed to pair, and of a count no difference.
        widths = [1 if metric == "parameters" else 2 for metric in metrics]
        for row in untrained_rows(results, dataset, metrics):
            pairs = ((level, ABSENT)[:width] for level, width in zip(row[1:], widths, strict=True))
            rows.append((Entry(dataset), row[0], *itertools.chain.from_iterable(pairs)))
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
            Entry(METRICS[metric]),
            model_entry(model),
            difference_entry(comparison),
            Entry(p_value(comparison.p_value)),
            Entry(p_value(adjusted)),
            Entry(f"{comparison.probability_greater:.2f}"),
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
            entries = [Entry(form(values[seed])) if seed in values else ABSENT for seed in results.seeds]
            rows.append(
                (
                    Entry(metric),
                    model_entry(model),
                    Entry(form(summary.mean)),
                    Entry(form(summary.interquartile_mean)),
                    Entry(form(summary.max)),
                    *entries,
                )
            )
        for name, level in untrained_rows(results, dataset, [metric]):
            rows.append((Entry(metric), name, level, *[ABSENT] * (2 + len(results.seeds))))
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
            rows.append((model_entry(model), Entry(f"seed {seed}"), Entry(percent(accuracy), f"{low} to {high}")))
    rows += [(name, ABSENT, level) for name, level in untrained_rows(results, dataset, ["accuracy"])]
    return Table(
        f"Within a seed: test accuracy with its Wilson interval over the {count(total)} test texts.",
        ["model", "seed", "accuracy"],
        rows,
    )
