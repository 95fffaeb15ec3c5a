"""Accuracy against length, and against where the decisive word stands."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.tables import Table

Metrics = dict[str, float]
QUANTILES = 4
# Texts, right ones, and right ones of a model that always answers the most frequent class of train.
COUNTS = ("rows", "correct", "constant")


def lengths_table(predictions: Predictions) -> Table:
    """Right ones at each length, over test texts and length probes, ordered by rule and length."""
    asked = predictions.where((predictions.split == "test") | (predictions.kind == "length"))
    rows: list[tuple[str | int, ...]] = []
    for rule in np.unique(asked.rule).tolist():
        under_rule = asked.where(asked.rule == rule)
        rows += [(rule, *counts) for counts in _counts(under_rule.length, under_rule, predictions.majority)]
    return Table(("rule", "length", *COUNTS), rows)


def quantile_table(predictions: Predictions) -> Table:
    """Right ones among the shortest quarter of the test texts, the next, ...; texts of one length stand together."""
    test = predictions.of("test")
    bounds = np.quantile(test.length, np.arange(1, QUANTILES) / QUANTILES, method="inverted_cdf")
    quantile = np.searchsorted(bounds, test.length)
    rows = [
        (number + 1, int(lengths.min()), int(lengths.max()), *counts)
        for number, *counts in _counts(quantile, test, predictions.majority)
        for lengths in (test.length[quantile == number],)
    ]
    return Table(("quantile", "shortest", "longest", *COUNTS), rows)


def position_table(predictions: Predictions) -> Table:
    """Right ones at each position of the decisive word, among those that training had it at and those it had not."""
    rows: list[tuple[str | int, ...]] = []
    for kind in ("seen", "unseen"):
        asked = predictions.of("probes", f"position_{kind}")
        rows += [(kind, *counts) for counts in _counts(asked.position, asked, predictions.majority)]
    return Table(("kind", "position", *COUNTS), rows)


def length_metrics(predictions: Predictions) -> Metrics:
    """`length_score`: the mean, over the lengths beyond training, of the accuracy at that length; and one a rule."""
    beyond = predictions.where(predictions.kind == "length")
    metrics: Metrics = {}
    own = beyond.where(beyond.own)
    if len(own):
        metrics["length_score"] = _mean_over_lengths(own)
    for rule in sorted(set(np.unique(beyond.rule).tolist()) - {""}):
        # Texts within the extent, where the rule has no say, count under every rule.
        metrics[f"length_score/{rule}"] = _mean_over_lengths(beyond.where((beyond.rule == rule) | (beyond.rule == "")))
    return metrics


def position_metrics(predictions: Predictions) -> Metrics:
    """Accuracy with the decisive word at positions seen and unseen in training, and the gap between the two."""
    seen, unseen = (predictions.of("probes", f"position_{name}") for name in ("seen", "unseen"))
    if not len(seen) or not len(unseen):
        return {}
    accuracies = float(seen.right.mean()), float(unseen.right.mean())
    return {
        "position_seen": accuracies[0],
        "position_unseen": accuracies[1],
        "position_gap": accuracies[0] - accuracies[1],
    }


def _counts(keys: NDArray[np.integer[Any]], asked: Predictions, majority: int) -> list[tuple[int, ...]]:
    """(key, *COUNTS) of each key that occurs, in rising order; `keys`: one a prediction."""
    found, place = np.unique(keys, return_inverse=True)
    counted = (np.ones(len(asked)), asked.right, asked.label == majority)
    counts = (np.bincount(place, weights, minlength=len(found)).astype(int) for weights in counted)
    return list(zip(found.tolist(), *(count.tolist() for count in counts), strict=True))


def _mean_over_lengths(rows: Predictions) -> float:
    _, length = np.unique(rows.length, return_inverse=True)
    return float((np.bincount(length, rows.right) / np.bincount(length)).mean())
