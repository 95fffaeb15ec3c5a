"""Accuracy against length, and against where the decisive word stands."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.tables import Table

Metrics = dict[str, float]
QUANTILES = 4


def lengths_table(predictions: Predictions) -> Table:
    """Right ones at each length, over test texts and length probes, ordered by rule and length."""
    asked = predictions.where((predictions.split == "test") | (predictions.kind == "length"))
    rows: list[tuple[str, int, int, int]] = []
    for rule in np.unique(asked.rule).tolist():
        under_rule = asked.where(asked.rule == rule)
        rows += [(rule, *counts) for counts in _counts(under_rule.length, under_rule.right)]
    return Table(("rule", "length", "rows", "correct"), rows)


def quantile_table(predictions: Predictions) -> Table:
    """Right ones among the shortest quarter of the test texts, the next, ...; texts of one length stand together."""
    test = predictions.of("test")
    bounds = np.quantile(test.length, np.arange(1, QUANTILES) / QUANTILES, method="inverted_cdf")
    quantile = np.searchsorted(bounds, test.length)
    rows = [
        (number + 1, int(lengths.min()), int(lengths.max()), count, correct)
        for number, count, correct in _counts(quantile, test.right)
        for lengths in (test.length[quantile == number],)
    ]
    return Table(("quantile", "shortest", "longest", "rows", "correct"), rows)


def position_table(predictions: Predictions) -> Table:
    """Right ones at each position of the decisive word, among those that training had it at and those it had not."""
    rows: list[tuple[str, int, int, int]] = []
    for kind in ("seen", "unseen"):
        asked = predictions.of("probes", f"position_{kind}")
        rows += [(kind, *counts) for counts in _counts(asked.position, asked.right)]
    return Table(("kind", "position", "rows", "correct"), rows)


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


def _counts(keys: NDArray[np.integer[Any]], right: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """(key, rows, right ones) of each key that occurs, in rising order."""
    found, place = np.unique(keys, return_inverse=True)
    counts = (np.bincount(place, minlength=len(found)), np.bincount(place, right, minlength=len(found)).astype(int))
    return list(zip(found.tolist(), *(count.tolist() for count in counts), strict=True))


def _mean_over_lengths(rows: Predictions) -> float:
    _, length = np.unique(rows.length, return_inverse=True)
    return float((np.bincount(length, rows.right) / np.bincount(length)).mean())
