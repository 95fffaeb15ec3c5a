"""Accuracy against length, and where the decisive word stands."""

import csv
from pathlib import Path

import numpy as np

from timeshare.evaluate.predictions import Predictions

Metrics = dict[str, float]
Row = tuple[str, int, int, int]


def lengths_table(predictions: Predictions) -> list[Row]:
    """(rule, length, rows, right ones) over test texts and length probes, ordered by rule and length."""
    wanted = (predictions.split == "test") | (predictions.kind == "length")
    asked = predictions.where(wanted)
    table: list[Row] = []
    for rule in sorted({str(rule) for rule in np.unique(asked.rule)}):
        rows = asked.where(asked.rule == rule)
        counts, right = np.bincount(rows.length), np.bincount(rows.length, rows.right)
        table += [(rule, int(length), int(counts[length]), int(right[length])) for length in np.flatnonzero(counts)]
    return table


def write_lengths(path: Path, table: list[Row]) -> None:
    """Write lengths.csv."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("rule", "length", "rows", "correct"))
        writer.writerows(table)


def length_metrics(predictions: Predictions) -> Metrics:
    """`length_score`: the mean, over the lengths beyond training, of the accuracy at that length; and one a rule."""
    beyond = predictions.where(predictions.kind == "length")
    metrics: Metrics = {}
    own = beyond.where(beyond.own)
    if len(own):
        metrics["length_score"] = _mean_over_lengths(own)
    for rule in sorted({str(rule) for rule in np.unique(beyond.rule)} - {""}):
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


def _mean_over_lengths(rows: Predictions) -> float:
    _, length = np.unique(rows.length, return_inverse=True)
    return float((np.bincount(length, rows.right) / np.bincount(length)).mean())
