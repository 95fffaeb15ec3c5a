"""Whether a net has learned anything: one that has not says nothing about where learning carries over."""

from bisect import bisect_right
from collections.abc import Iterable

from timeshare.report.results import Results
from timeshare.report.roles import differences
from timeshare.report.statistics import Comparison, proportion_interval
from timeshare.report.trials import Tuning
from timeshare.report.wording import clauses, listing, percent, plural


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


def trials_above_guessing(results: Results, dataset: str, model: str) -> int | None:
    """How many trials of a model are surely above guessing on the validation texts; None where it was not tuned.

    Sure over these texts, at the page's confidence for all looks at them together (Bonferroni): the best of so many
    epochs of so many trials is above a guess by chance.
    """
    tuning = results.tuning(dataset, model)
    if not tuning:
        return None
    level = max(tuning.choice.guess_accuracy, 1 / len(results.datasets[dataset].classes))
    texts = results.datasets[dataset].rows("valid")
    confidence = 1 - (1 - results.params.report.confidence) / tuning.looks

    def surely(accuracy: float) -> float:
        return proportion_interval(round(accuracy * texts), texts, confidence)[0]

    # Of sorted trials few need be asked.
    return len(tuning.trials) - bisect_right(sorted(tuning.accuracies), level, key=surely)


def trials(tuning: Tuning) -> str:
    """`24 trials`."""
    return plural(len(tuning.trials), "trial")


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
    left = [(dataset, model) for dataset, model in unlearned(results, (first, second)) if dataset in measured]
    kept = [(dataset, difference) for dataset, difference in found if dataset not in dict(left)]
    # Of two that learned nothing, one is named.
    places = [
        f"{listing(names)}, where {said.format(' at the lengths of training')}"
        for said, names in _by_what_is_said(results, dict(left).items()).items()
    ]
    return kept, f"not compared on {listing(places)}" if places else ""


def unlearned_clause(results: Results, model: str) -> str:
    """That a model is no better than guessing on parity (50.2%); empty where it is better everywhere."""
    said = []
    for clause, names in _by_what_is_said(results, unlearned(results, [model])).items():
        summaries = [(name, results.summary(name, model, "accuracy")) for name in names]
        places = listing([f"{name} ({percent(summary.mean)})" for name, summary in summaries if summary])
        said.append(clause.format(f" on {places}"))
    return clauses(*said)


def _by_what_is_said(results: Results, members: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Datasets by what is said of a model that is no better than guessing on test texts, with a gap for where.

    No model is called no better than guessing whose trials reach better on validation texts.
    """
    found: dict[str, list[str]] = {}
    for dataset, model in members:
        above, tuning = trials_above_guessing(results, dataset, model), results.tuning(dataset, model)
        if not tuning:
            said = f"`{model}` is no better than guessing{{}}"
        elif not above:
            said = f"`{model}` is no better than guessing{{}}, nor was it in any of {trials(tuning)}"
        else:
            said = (
                f"`{model}` with its chosen settings guesses{{}}, although {above} of {trials(tuning)} "
                "do better on validation texts"
            )
        found.setdefault(said, []).append(dataset)
    return found


def nothing_compared(left_out: str) -> str:
    """What a question lacks where every dataset was left out: the clause of `learned_differences` as a sentence."""
    return left_out[:1].upper() + left_out[1:]
