"""What a change of word order does to predictions."""

import numpy as np
from numpy.typing import NDArray

from timeshare.evaluate.predictions import Predictions

Metrics = dict[str, float]


def order_metrics(predictions: Predictions) -> Metrics:
    """Invariance and sensitivity on gold reorderings, and their harmonic mean; a figure the data lacks is absent."""
    metrics: Metrics = {}
    invariance = predictions.of("probes", "invariance")
    if len(invariance):
        metrics["order_invariance"] = float(_same_label(invariance).mean())
        metrics["order_invariance_accuracy"] = float(invariance.right.mean())
    sensitivity = predictions.of("probes", "sensitivity")
    if len(sensitivity):
        metrics["order_sensitivity"] = float(_all_right(sensitivity).mean())
    if len(invariance) and len(sensitivity):
        metrics["order_score"] = harmonic_mean(metrics["order_invariance"], metrics["order_sensitivity"])
    return metrics


def harmonic_mean(first: float, second: float) -> float:
    """2ab / (a + b), and 0 where both are 0."""
    return 2 * first * second / (first + second) if first + second else 0.0


def shuffle_metrics(predictions: Predictions) -> Metrics:
    """What shuffling the n-grams of test texts does, for each n-gram size that the probes have.

    For each size N: `shuffle_accuracy/N`; `shuffle_change/N`, the share of right predictions that a shuffle changes;
    `shuffle_sensitivity/N` = (1 - accuracy of the shuffled, of those predicted right) / (1 - 1/C), which is WOS of Pham et
    al. 2020 for two classes; and over the q permutations of a text (Sinha et al. 2021): `omega_max/N`, the share of
    texts with a permutation predicted gold; `omega_rand/N`, with more than 1/C of them; `permuted_right/N` (P^c) and
    `permuted_wrong/N` (P^f), the mean share of gold permutations among texts first predicted right and wrong.
    N = 1, the full shuffle, also stands under the bare name `shuffle_change`.
    """
    originals = predictions.of("test")
    classes = predictions.probabilities.shape[1]
    metrics: Metrics = {}
    for kind in sorted({str(kind) for kind in np.unique(predictions.kind)}):
        if not kind.startswith("shuffle_"):
            continue
        size = kind.removeprefix("shuffle_")
        shuffled = predictions.of("probes", kind)
        original = _rows_of(originals.id, shuffled.group)
        first_right = originals.right[original]
        changed = shuffled.predicted != originals.predicted[original]
        _, text = np.unique(shuffled.group, return_inverse=True)
        gold = np.bincount(text, shuffled.right) / np.bincount(text)
        text_right = np.bincount(text, first_right) > 0
        metrics[f"shuffle_accuracy/{size}"] = float(shuffled.right.mean())
        metrics[f"omega_max/{size}"] = float((gold > 0).mean())
        metrics[f"omega_rand/{size}"] = float((gold > 1 / classes).mean())
        if first_right.any():
            lost = 1 - float(shuffled.right[first_right].mean())
            metrics[f"shuffle_change/{size}"] = float(changed[first_right].mean())
            metrics[f"shuffle_sensitivity/{size}"] = lost / (1 - 1 / classes)
            metrics[f"permuted_right/{size}"] = float(gold[text_right].mean())
        if not text_right.all():
            metrics[f"permuted_wrong/{size}"] = float(gold[~text_right].mean())
    if "shuffle_change/1" in metrics:
        metrics["shuffle_change"] = metrics["shuffle_change/1"]
    return metrics


def _same_label(rows: Predictions) -> NDArray[np.bool_]:
    """bool, one a group: all its members get one label."""
    _, group = np.unique(rows.group, return_inverse=True)
    low = np.full(group.max() + 1, np.iinfo(np.int16).max, np.int16)
    high = np.full(group.max() + 1, -1, np.int16)
    np.minimum.at(low, group, rows.predicted)
    np.maximum.at(high, group, rows.predicted)
    return low == high


def _all_right(rows: Predictions) -> NDArray[np.bool_]:
    """bool, one a group: all its members are predicted right."""
    _, group = np.unique(rows.group, return_inverse=True)
    return np.bincount(group, ~rows.right) == 0


def _rows_of(ids: NDArray[np.str_], wanted: NDArray[np.str_]) -> NDArray[np.int64]:
    """For each name in `wanted`, the row at which `ids` has it."""
    order = np.argsort(ids)
    place = np.searchsorted(ids, wanted, sorter=order).clip(max=len(ids) - 1)
    rows: NDArray[np.int64] = order[place]
    if (ids[rows] != wanted).any():
        raise ValueError("a shuffled probe's group is no test id")
    return rows
