"""Whether a net has learned anything: one that has not says nothing about where learning carries over."""

from collections.abc import Iterable

from timeshare.report.results import Results
from timeshare.report.roles import differences
from timeshare.report.statistics import Comparison, proportion_interval
from timeshare.report.wording import listing, percent


def beats_guessing(results: Results, dataset: str, model: str, metric: str = "accuracy") -> bool:
    """Whether a model is surely above both what a constant answer and what a guess at random get.

    Sure over seeds, and over the texts: all seeds answer the same ones, so that their interval says nothing of these.

    Args:
        metric: `accuracy`, `train_accuracy`, `length_score`, or the latter under one rule; true where it was not
            measured.
    """
    summary = results.summary(dataset, model, metric)
    if summary is None:
        return True
    constant = results.datasets[dataset].baselines.get("constant", {}).get(metric.partition("/")[0], 0.0)
    level = max(constant, 1 / len(results.datasets[dataset].classes))
    texts = _texts(results, dataset, model, metric)
    by_texts, _ = proportion_interval(round(summary.mean * texts), texts, results.params.report.confidence)
    return min(by_texts, summary.mean if summary.low is None else summary.low) > level


def _texts(results: Results, dataset: str, model: str, metric: str) -> int:
    """How many texts a metric was measured on."""
    if metric == "accuracy":
        return results.datasets[dataset].rows("test")
    if metric == "train_accuracy":
        rows = results.datasets[dataset].rows("train")
        return min(rows, results.params.evaluate.train_rows or rows)
    return sum(rows_by_length(results, dataset, model).values())


def rows_by_length(results: Results, dataset: str, model: str) -> dict[int, int]:
    """How many texts there are of each length beyond the longest training text."""
    counts, longest = results.run(dataset, model, results.seeds[0]).lengths, results.datasets[dataset].longest_train
    return {one.length: one.rows for one in counts if one.length > longest}  # under each rule, the same texts


def unlearned(results: Results, models: Iterable[str]) -> list[tuple[str, str]]:
    """(dataset, model) of those that are no better than guessing at the lengths of training."""
    return [
        (dataset, model)
        for model in models
        for dataset in results.datasets
        if not beats_guessing(results, dataset, model)
    ]


def learned_differences(
    results: Results, first: str, second: str, metric: str
) -> tuple[list[tuple[str, Comparison]], str]:
    """`differences` on the datasets on which both learned, and a clause that names the others.

    Returns:
        The differences, and `not compared on parity, where ...`, empty where there are no others.
    """
    found = differences(results, first, second, metric)
    measured = {dataset for dataset, _ in found}
    left = {dataset: model for dataset, model in unlearned(results, (first, second)) if dataset in measured}
    places = [
        f"{listing([dataset for dataset, other in left.items() if other == model])}, where `{model}` is no better "
        "than guessing at the lengths of training"
        for model in dict.fromkeys(left.values())
    ]
    kept = [(dataset, difference) for dataset, difference in found if dataset not in left]
    return kept, f"not compared on {listing(places)}" if places else ""


def unlearned_clause(results: Results, model: str) -> str:
    """That a model is no better than guessing on parity (50.2%); empty where it is better everywhere."""
    names = [
        f"{dataset} ({percent(summary.mean)})"
        for dataset, _ in unlearned(results, [model])
        if (summary := results.summary(dataset, model, "accuracy"))
    ]
    return f"`{model}` is no better than guessing on {listing(names)}" if names else ""


def nothing_compared(left_out: str) -> str:
    """What a question lacks where every dataset was left out: the clause of `learned_differences` as a sentence."""
    return left_out[:1].upper() + left_out[1:]
