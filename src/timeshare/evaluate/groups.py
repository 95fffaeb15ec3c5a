"""Predictions of reordered texts beside those of the texts they were made from."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeshare.evaluate.predictions import Predictions

Floats = NDArray[np.floating[Any]]


def same_label(rows: Predictions) -> NDArray[np.bool_]:
    """bool, one a group: all its members get one label."""
    _, group = np.unique(rows.group, return_inverse=True)
    low = np.full(group.max() + 1, np.iinfo(np.int16).max, np.int16)
    high = np.full(group.max() + 1, -1, np.int16)
    np.minimum.at(low, group, rows.predicted)
    np.maximum.at(high, group, rows.predicted)
    same: NDArray[np.bool_] = low == high
    return same


def all_right(rows: Predictions) -> NDArray[np.bool_]:
    """bool, one a group: all its members are predicted right."""
    _, group = np.unique(rows.group, return_inverse=True)
    right: NDArray[np.bool_] = np.bincount(group, ~rows.right) == 0
    return right


def firsts_and_others(rows: Predictions) -> tuple[Predictions, Predictions]:
    """The members of groups but their first ones, and beside each of them its group's first."""
    order = np.lexsort((rows.member, rows.group))
    _, start, group = np.unique(rows.group[order], return_index=True, return_inverse=True)
    first = order[start[group]]
    other = order != first
    return rows.at(first[other]), rows.at(order[other])


def originals_of(originals: Predictions, reordered: Predictions) -> Predictions:
    """Beside each reordered text the original whose id is its group.

    Raises:
        ValueError: a group is no id of an original.
    """
    order = np.argsort(originals.id)
    place = np.searchsorted(originals.id, reordered.group, sorter=order).clip(max=len(originals) - 1)
    rows = order[place]
    if (originals.id[rows] != reordered.group).any():
        raise ValueError("a reordered probe's group is no test id")
    return originals.at(rows)


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Jensen-Shannon divergence in bits, in [0, 1], of each two rows: float [n, C] twice to [n] (Lin 1991)."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    divergence = _entropy((first + second) / 2) - (_entropy(first) + _entropy(second)) / 2
    return np.clip(divergence, 0.0, 1.0)


def shift(original: Predictions, reordered: Predictions) -> Floats:
    """Size of the change in the probability of the original's label, float [n]."""
    row = np.arange(len(original))
    before, after = (each.probabilities[row, original.label].astype(np.float64) for each in (original, reordered))
    return np.abs(after - before)


def _entropy(probabilities: Floats) -> Floats:
    """In bits; 0 log 0 is 0."""
    logarithms = np.log2(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    entropy: Floats = -np.sum(probabilities * logarithms, axis=1)
    return entropy
