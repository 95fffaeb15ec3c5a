"""Accuracy by length over seeds: neighbouring lengths pooled for the eye, given ranges for the answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from timeshare.report.records import LengthCount
from timeshare.report.results import Results
from timeshare.report.statistics import Summary

MOST_BINS = 36  # points of a line that the eye tells apart on a phone
FEWEST_TEXTS = 20  # of a range: the accuracy of fewer jumps about

# What the page calls the rules past the last step.
RULES = {"hold": "last weights kept", "cycle": "weights repeated"}

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
        constant: share of right ones of a constant answer.
    """

    model: str
    series: str
    second: bool
    centre: float
    lengths: tuple[int, int]
    accuracy: Summary
    constant: float

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
    bins = []
    for model in models:
        rules = rules_of(results, dataset, model)
        for rule in rules:
            ranges = pooled_by_seed(results, dataset, model, rule)
            if rule != rules[0]:
                counts = results.run(dataset, model, results.seeds[0]).lengths
                touched = min(row.length for row in counts if row.rule == rule)
                first = next(index for index, one in enumerate(ranges) if one.lengths[-1] >= touched)
                ranges = ranges[max(0, first - 1) :]
            if not ranges:
                continue
            accuracies = results.summarise_rows(
                np.array([one.shares for one in ranges]), dataset, model, "lengths", rule
            )
            series = model if len(rules) == 1 else f"{model}, {RULES.get(rule, rule)}"
            bins += [
                Bin(
                    model=model,
                    series=series,
                    second=rule != rules[0],
                    centre=float(np.mean(one.lengths)),
                    lengths=(one.lengths[0], one.lengths[-1]),
                    accuracy=accuracy,
                    constant=one.constant,
                )
                for one, accuracy in zip(ranges, accuracies, strict=True)
            ]
    return bins


class Pool(NamedTuple):
    """A range of lengths: the lengths that have texts, the accuracy by seed, and that of a constant answer."""

    lengths: list[int]
    shares: list[float]
    constant: float


def pooled_by_seed(results: Results, dataset: str, model: str, rule: str) -> list[Pool]:
    """Each range of lengths that has texts, under a rule beyond the extent."""
    seeds = [_under(run.lengths, rule) for run in results.runs(dataset, model)]
    return list(_pooled(seeds, _range_ends(results, dataset), results.datasets[dataset].longest_train))


def rules_of(results: Results, dataset: str, model: str) -> list[str]:
    """The rules beyond its extent under which a model was asked, its own first; [""] where it needs none."""
    found = {row.rule for run in results.runs(dataset, model) for row in run.lengths} - {""}
    own = getattr(results.params.models[model], "beyond", "hold")
    return sorted(found, key=lambda rule: (rule != own, rule)) or [""]


def accuracy_between(results: Results, dataset: str, model: str, first: int, last: int) -> dict[int, float]:
    """Mean over lengths first..last that need no rule of the accuracy there, by seed; empty where none is measured."""
    values = {}
    for seed in results.seeds:
        rows = _under(results.run(dataset, model, seed).lengths, "")
        shares = [row.correct / row.rows for row in rows if first <= row.length <= last]
        if shares:
            values[seed] = float(np.mean(shares))
    return values


def constant_between(results: Results, dataset: str, first: int, last: int) -> float:
    """What `accuracy_between` is for a constant answer, at the lengths that any model was asked at."""
    counts = {
        row.length: row
        for model in results.models
        for row in results.run(dataset, model, results.seeds[0]).lengths
        if first <= row.length <= last
    }
    return float(np.mean([row.constant / row.rows for row in counts.values()]))


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


def _pooled(seeds: Seeds, ends: Sequence[int], trained: int) -> Iterator[Pool]:
    """Each range that has texts; none crosses the end of training."""
    for within in (True, False):
        rows_of_side = [[row for row in rows if (row.length <= trained) == within] for rows in seeds]
        for inside in _ranges(rows_of_side, ends):
            texts = sum(row.rows for row in inside[0])
            yield Pool(
                lengths=sorted({row.length for row in inside[0]}),
                shares=[sum(row.correct for row in rows) / texts for rows in inside],
                constant=sum(row.constant for row in inside[0]) / texts,
            )


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
