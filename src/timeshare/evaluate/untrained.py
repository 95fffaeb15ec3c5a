"""Models that need no training: their exact metrics on the texts that a trained one was asked."""

from dataclasses import replace
from math import comb

import numpy as np
from numpy.typing import NDArray

from timeshare.evaluate.metrics import all_metrics
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.reordering import harmonic_mean

Metrics = dict[str, float]
# What follows for any model that reads a text as a bag of words: it answers alike to texts of the same words, and so
# has one of two wrong whose labels differ.
_ORDER_BLIND = {
    "order_invariance": 1.0,
    "order_sensitivity": 0.0,
    "order_score": 0.0,
    "moved_invariance": 1.0,
    "moved_change": 0.0,
    "shuffle_change": 0.0,
}


def untrained_metrics(predictions: Predictions) -> dict[str, Metrics]:
    """What models get that learn nothing: `constant`, `random` and `order_blind`.

    `constant` answers the most frequent class of train, whatever it is asked. `random` answers each text by itself,
    every class as likely: expected values, without what depends on a model's probabilities; `order_score` is the
    harmonic mean of the two expected values. `order_blind` is any model that reads a text as a bag of words.

    Args:
        predictions: of any model; its answers are not used.
    """
    random = _random_metrics(_asked_once(predictions))
    names = ((name, name.partition("/")[0]) for name in random)
    return {
        "constant": all_metrics(constant_predictions(predictions)),
        "order_blind": {name: _ORDER_BLIND[metric] for name, metric in names if metric in _ORDER_BLIND},
        "random": random,
    }


def constant_predictions(predictions: Predictions) -> Predictions:
    """The same texts, each answered by the most frequent class of the training texts among them."""
    asked = _asked_once(predictions)
    predicted = np.full_like(asked.predicted, asked.majority)
    one_hot = np.eye(asked.probabilities.shape[1], dtype=np.float32)
    return replace(asked, predicted=predicted, probabilities=one_hot[predicted])


def _random_metrics(asked: Predictions) -> Metrics:
    chance = 1 / asked.probabilities.shape[1]
    metrics = {"accuracy": chance, "train_accuracy": chance, "overfit": 0.0}
    invariance, sensitivity, moved = (asked.of("probes", kind) for kind in ("invariance", "sensitivity", "moved"))
    if len(invariance):
        # All m texts get the label of the first, whatever that is.
        metrics["order_invariance"] = float((chance ** (_group_sizes(invariance) - 1)).mean())
        metrics["order_invariance_accuracy"] = chance
    if len(sensitivity):
        metrics["order_sensitivity"] = float((chance ** _group_sizes(sensitivity)).mean())
    if len(invariance) and len(sensitivity):
        metrics["order_score"] = harmonic_mean(metrics["order_invariance"], metrics["order_sensitivity"])
    if len(moved):
        metrics |= {"moved_invariance": chance, "moved_change": 1 - chance}
    for kind in np.unique(asked.kind).tolist():
        if kind.startswith("shuffle_"):
            metrics |= _random_shuffle(kind.removeprefix("shuffle_"), _group_sizes(asked.of("probes", kind)), chance)
    if "shuffle_change/1" in metrics:
        metrics["shuffle_change"] = metrics["shuffle_change/1"]
    if (asked.kind == "length").any():
        metrics["length_score"] = chance
    if (asked.kind == "position_seen").any() and (asked.kind == "position_unseen").any():
        metrics |= {"position_seen": chance, "position_unseen": chance, "position_gap": 0.0}
    return metrics


def _random_shuffle(size: str, permutations: NDArray[np.int64], chance: float) -> Metrics:
    """Of the shuffles of n-grams of one size; `permutations`: how many each text has."""
    return {
        f"shuffle_accuracy/{size}": chance,
        f"shuffle_change/{size}": 1 - chance,
        f"shuffle_sensitivity/{size}": 1.0,
        f"omega_max/{size}": float((1 - (1 - chance) ** permutations).mean()),
        f"omega_rand/{size}": float(np.mean([_more_than_chance(count, chance) for count in permutations.tolist()])),
        f"permuted_right/{size}": chance,
        f"permuted_wrong/{size}": chance,
    }


def _more_than_chance(count: int, chance: float) -> float:
    """The probability that of `count` random answers a larger share than `chance` is right."""
    return sum(
        comb(count, right) * chance**right * (1 - chance) ** (count - right)
        for right in range(count + 1)
        if right / count > chance
    )


def _group_sizes(rows: Predictions) -> NDArray[np.int64]:
    return np.unique(rows.group, return_counts=True)[1]


def _asked_once(predictions: Predictions) -> Predictions:
    """Every text once: a rule beyond the extent is nothing to a model without one."""
    rules = [*np.unique(predictions.rule[predictions.own]).tolist(), *np.unique(predictions.rule).tolist()]
    rule = next((rule for rule in rules if rule), "")
    asked = predictions.where((predictions.rule == "") | (predictions.rule == rule))
    return replace(asked, rule=np.full(len(asked), ""), own=np.full(len(asked), True))
