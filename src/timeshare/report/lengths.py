"""Accuracy by length over seeds: neighbouring lengths pooled for the eye, given ranges for the answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from timeshare.report.results import LengthCount, Results
from timeshare.report.statistics import Summary

MOST_BINS = 36  # points of a line that the eye tells apart on a phone
FEWEST_TEXTS = 20  # of a range: the accuracy of fewer jumps about

Seeds = Sequence[Sequence[LengthCount]]  # the counts of each seed


@dataclass(frozen=True)
class Bin:
    """Accuracy of a model in a range of lengths.

    Attributes:
        model: name.
        series: the model, and the rule beyond its extent where there are several.
        second: whether the rule is another than the model's own.
        centre: mean of the lengths.
        lengths: first and last length with any text.
        accuracy: share of right predictions, over seeds.
    """

    model: str
    series: str
    second: bool
    centre: float
    lengths: tuple[int, int]
    accuracy: Summary

    @property
    def label(self) -> str:
        """`41`, or `41 to 54`."""
        first, last = self.lengths
        return str(first) if first == last else f"{first} to {last}"


def binned_accuracy(results: Results, dataset: str, models: Sequence[str]) -> list[Bin]:
    """Accuracy by range of lengths, for each model and each rule beyond its extent.

    The ranges are equally wide but where texts are few, and one ends where training ends. Under a second rule a model
    has just the ranges that the rule touches, and the one before them to hang on to.
    """
    ends = _range_ends(results, dataset)
    bins = []
    for model in models:
        rules = rules_of(results, dataset, model)
        for rule in rules:
            seeds = [_under(run.lengths, rule) for run in results.runs(dataset, model)]
            ranges = list(_pooled(seeds, ends, results.datasets[dataset].longest_train))
            if rule != rules[0]:
                touched = min(row.length for row in seeds[0] if row.rule == rule)
                first = next(index for index, (lengths, _) in enumerate(ranges) if lengths[-1] >= touched)
                ranges = ranges[max(0, first - 1) :]
            if not ranges:
                continue
            shares = np.array([seed_shares for _, seed_shares in ranges])
            series = model if len(rules) == 1 else f"{model}, {rule}"
            bins += [
                Bin(model, series, rule != rules[0], float(np.mean(lengths)), (lengths[0], lengths[-1]), accuracy)
                for (lengths, _), accuracy in zip(
                    ranges, results.summarise_rows(shares, dataset, model, "lengths", rule), strict=True
                )
            ]
    return bins


def rules_of(results: Results, dataset: str, model: str) -> list[str]:
    """The rules beyond its extent under which a model was asked, its own first; [""] where it needs none."""
    found = {row.rule for run in results.runs(dataset, model) for row in run.lengths} - {""}
    own = getattr(results.params.models[model], "beyond", None)
    return sorted(found, key=lambda rule: (rule != own, rule)) or [""]


def accuracy_between(results: Results, dataset: str, model: str, first: int, last: int, rule: str) -> dict[int, float]:
    """Mean over the lengths first..last of the accuracy at that length, by seed; empty where no length is measured."""
    values = {}
    for seed in results.seeds:
        rows = _under(results.run(dataset, model, seed).lengths, rule)
        shares = [row.correct / row.rows for row in rows if first <= row.length <= last]
        if shares:
            values[seed] = float(np.mean(shares))
    return values


def _under(rows: Sequence[LengthCount], rule: str) -> list[LengthCount]:
    """What holds under a rule: the lengths that need none, and the rule's own."""
    return sorted((row for row in rows if row.rule in ("", rule)), key=lambda row: row.length)


def _range_ends(results: Results, dataset: str) -> list[int]:
    """Upper ends of equally wide ranges that cover all lengths, one of them at the end of training."""
    trained = results.datasets[dataset].longest_train
    runs = [run for model in results.models for run in results.runs(dataset, model)]
    longest = max((row.length for run in runs for row in run.lengths), default=trained)
    width = -(-longest // MOST_BINS)
    return list(range(trained % width, longest + width, width))


def _pooled(seeds: Seeds, ends: Sequence[int], trained: int) -> Iterator[tuple[list[int], list[float]]]:
    """(lengths, share of right predictions by seed) of each range that has texts; none crosses the end of training."""
    for within in (True, False):
        rows_of_side = [[row for row in rows if (row.length <= trained) == within] for rows in seeds]
        for inside in _ranges(rows_of_side, ends):
            lengths = sorted({row.length for row in inside[0]})
            yield lengths, [sum(row.correct for row in rows) / sum(row.rows for row in rows) for rows in inside]


def _ranges(seeds: Seeds, ends: Sequence[int]) -> list[Seeds]:
    """The rows of each range, thin ranges joined to the next, and a thin last one to its predecessor."""
    ranges: list[Seeds] = []
    for start, end in zip([0, *ends], ends, strict=False):
        inside = [[row for row in rows if start < row.length <= end] for rows in seeds]
        if not all(inside):
            continue
        if ranges and _is_thin(ranges[-1]):
            ranges[-1] = _joined(ranges[-1], inside)
        else:
            ranges.append(inside)
    if len(ranges) > 1 and _is_thin(ranges[-1]):
        ranges[-2:] = [_joined(*ranges[-2:])]
    return ranges


def _is_thin(inside: Seeds) -> bool:
    return sum(row.rows for row in inside[0]) < FEWEST_TEXTS


def _joined(first: Seeds, second: Seeds) -> Seeds:
    return [[*one, *other] for one, other in zip(first, second, strict=True)]
