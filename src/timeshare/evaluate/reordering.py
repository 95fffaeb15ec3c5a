"""What a change of word order does to predictions. Every metric's meaning: docs/evaluation.md."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeshare.evaluate.predictions import Predictions

Floats = NDArray[np.floating[Any]]
Metrics = dict[str, float]


def order_metrics(predictions: Predictions) -> Metrics:
    """Invariance and sensitivity on gold reorderings, and their harmonic mean; a figure the data lacks is absent.

    `order_invariance_divergence` and `order_invariance_shift` are means over the texts of groups but the first, each
    against its group's first: the Jensen-Shannon divergence (bits), and the change in the probability of the label.
    """
    metrics: Metrics = {}
    invariance = predictions.of("probes", "invariance")
    if len(invariance):
        metrics["order_invariance"] = float(same_label(invariance).mean())
        metrics["order_invariance_accuracy"] = float(invariance.right.mean())
        metrics |= _changes("order_invariance", *firsts_and_others(invariance))
    sensitivity = predictions.of("probes", "sensitivity")
    if len(sensitivity):
        metrics["order_sensitivity"] = float(all_right(sensitivity).mean())
    if len(invariance) and len(sensitivity):
        metrics["order_score"] = harmonic_mean(metrics["order_invariance"], metrics["order_sensitivity"])
    return metrics


def moved_metrics(predictions: Predictions) -> Metrics:
    """What moving a time or place phrase of a real text to its other end does; a group is (original, moved).

    `moved_invariance`: the share of texts whose label stays; `moved_change`: the share of right predictions that
    changes; `moved_divergence` and `moved_shift` as for invariance groups.
    """
    moved = predictions.of("probes", "moved")
    if not len(moved):
        return {}
    original, other = firsts_and_others(moved)
    metrics = {"moved_invariance": float(same_label(moved).mean()), **_changes("moved", original, other)}
    if original.right.any():
        metrics["moved_change"] = _changed_share(original, other)
    return metrics


def shuffle_metrics(predictions: Predictions) -> Metrics:
    """What shuffling the n-grams of test texts does, for each n-gram size that the probes have.

    For each size N: `shuffle_accuracy/N`; `shuffle_change/N`, the share of right predictions that a shuffle changes;
    `shuffle_sensitivity/N` = (1 - accuracy of the shuffled, of those predicted right) / (1 - 1/C), which is WOS of Pham
    et al. 2020 for two classes; `shuffle_divergence/N` and `shuffle_shift/N`, means over permutations against their
    original; and over the q permutations of a text (Sinha et al. 2021): `omega_max/N`, the share of texts with a
    permutation predicted gold; `omega_rand/N`, with more than 1/C of them; `permuted_right/N` (P^c) and
    `permuted_wrong/N` (P^f), the mean share of gold permutations among texts first predicted right and wrong.
    N = 1, the full shuffle, also stands under the bare name `shuffle_change`.
    """
    test = predictions.of("test")
    classes = predictions.probabilities.shape[1]
    metrics: Metrics = {}
    for kind in np.unique(predictions.kind).tolist():
        if not kind.startswith("shuffle_"):
            continue
        size = kind.removeprefix("shuffle_")
        shuffled = predictions.of("probes", kind)
        if not len(shuffled):
            continue  # all of them beyond the extent of a model that refuses such texts
        original = originals_of(test, shuffled)
        _, text = np.unique(shuffled.group, return_inverse=True)
        gold = np.bincount(text, shuffled.right) / np.bincount(text)
        text_right = np.bincount(text, original.right) > 0
        metrics[f"shuffle_accuracy/{size}"] = float(shuffled.right.mean())
        metrics[f"omega_max/{size}"] = float((gold > 0).mean())
        metrics[f"omega_rand/{size}"] = float((gold > 1 / classes).mean())
        metrics |= {f"{name}/{size}": value for name, value in _changes("shuffle", original, shuffled).items()}
        if text_right.any():
            lost = 1 - float(shuffled.right[original.right].mean())
            metrics[f"shuffle_change/{size}"] = _changed_share(original, shuffled)
            metrics[f"shuffle_sensitivity/{size}"] = lost / (1 - 1 / classes)
            metrics[f"permuted_right/{size}"] = float(gold[text_right].mean())
        if not text_right.all():
            metrics[f"permuted_wrong/{size}"] = float(gold[~text_right].mean())
    if "shuffle_change/1" in metrics:
        metrics["shuffle_change"] = metrics["shuffle_change/1"]
    return metrics


def _changes(name: str, original: Predictions, reordered: Predictions) -> Metrics:
    """How far the probabilities move; nothing where there is nothing beside the originals."""
    if not len(reordered):
        return {}
    return {
        f"{name}_divergence": float(jensen_shannon(original.probabilities, reordered.probabilities).mean()),
        f"{name}_shift": float(shift(original, reordered).mean()),
    }


def _changed_share(original: Predictions, reordered: Predictions) -> float:
    """The share of reordered texts that get another label than their original, of those whose original is right."""
    return float((reordered.predicted != original.predicted)[original.right].mean())


def harmonic_mean(first: float, second: float) -> float:
    """2ab / (a + b), and 0 where both are 0."""
    return 2 * first * second / (first + second) if first + second else 0.0


def same_label(rows: Predictions) -> NDArray[np.bool_]:
    """bool, one a group: all its texts get one label."""
    _, group = np.unique(rows.group, return_inverse=True)
    low = np.full(group.max() + 1, np.iinfo(np.int16).max, np.int16)
    high = np.full(group.max() + 1, -1, np.int16)
    np.minimum.at(low, group, rows.predicted)
    np.maximum.at(high, group, rows.predicted)
    same: NDArray[np.bool_] = low == high
    return same


def all_right(rows: Predictions) -> NDArray[np.bool_]:
    """bool, one a group: all its texts are predicted right."""
    _, group = np.unique(rows.group, return_inverse=True)
    right: NDArray[np.bool_] = np.bincount(group, ~rows.right) == 0
    return right


def firsts_and_others(rows: Predictions) -> tuple[Predictions, Predictions]:
    """The texts of groups but their first ones, and beside each of them its group's first."""
    order = np.lexsort((rows.place, rows.group))
    _, start, group = np.unique(rows.group[order], return_index=True, return_inverse=True)
    first = order[start[group]]
    other = order != first
    return rows.where(first[other]), rows.where(order[other])


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
    return originals.where(rows)


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
