"""Baselines against values worked out by hand, and against every possible model of a few texts."""

from collections import defaultdict
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.evaluate.metrics import all_metrics
from timeshare.evaluate.untrained import untrained_metrics

ROWS = [
    *[Prediction(split="train", label=label) for label in (0, 1, 1)],
    Prediction(split="test", id="t", label=0),
    *[Prediction(kind="invariance", group="i", place=place, label=0) for place in range(2)],
    *[Prediction(kind="sensitivity", group="s", place=place, label=place) for place in range(2)],
    *[Prediction(kind="shuffle_1", group="t", place=place, label=0) for place in range(3)],
]


def test_constant_answers_the_majority_of_train() -> None:
    rows = [
        *ROWS,
        Prediction(kind="length", length=9, label=1, rule="hold"),
        Prediction(kind="length", length=9, label=1, rule="cycle", own=False),
        Prediction(kind="length", length=10, label=0, rule="hold"),
        Prediction(kind="length", length=10, label=0, rule="cycle", own=False),
    ]
    metrics = untrained_metrics(predictions_of(rows))["constant"]
    assert metrics["train_accuracy"] == pytest.approx(2 / 3)
    assert metrics["accuracy"] == 0.0
    assert (metrics["order_invariance"], metrics["order_sensitivity"], metrics["order_score"]) == (1.0, 0.0, 0.0)
    assert metrics["shuffle_accuracy/1"] == 0.0
    # A model without an extent has no rules beyond it.
    assert metrics["length_score"] == 0.5
    assert not any(name.startswith("length_score/") for name in metrics)


def test_a_model_that_refuses_to_go_beyond_its_extent_gives_the_same_baselines() -> None:
    lengths = [Prediction(kind="length", length=9, label=label, rule="hold", own=False) for label in (0, 1)]
    refusing = predictions_of([*ROWS, *lengths])
    holding = predictions_of([*ROWS, *(row._replace(own=True) for row in lengths)])
    assert untrained_metrics(refusing) == untrained_metrics(holding)


def test_expected_values_of_random_answers_are_means_over_all_answers() -> None:
    predictions = predictions_of(ROWS[2:])
    values: dict[str, list[float]] = defaultdict(list)
    for answers in product((0, 1), repeat=len(predictions)):
        answered = replace(predictions, predicted=np.array(answers, np.int16))
        for name, value in all_metrics(answered).items():
            values[name].append(value)
    expected = untrained_metrics(predictions)["random"]
    assert {"order_invariance", "order_sensitivity", "shuffle_change", "omega_max/1", "omega_rand/1"} <= set(expected)
    for name, value in expected.items():
        if name != "order_score":  # of which the harmonic mean of the expected values is reported
            assert value == pytest.approx(np.mean(values[name])), name
    assert expected["order_score"] == pytest.approx(2 * 0.5 * 0.25 / 0.75)


def test_blind_to_order_by_hand() -> None:
    rows = [*ROWS, *[Prediction(kind="moved", group="m", place=place) for place in range(2)]]
    assert untrained_metrics(predictions_of(rows))["order_blind"] == {
        "order_invariance": 1.0,
        "order_sensitivity": 0.0,
        "order_score": 0.0,
        "moved_invariance": 1.0,
        "moved_change": 0.0,
        "shuffle_change": 0.0,
        "shuffle_change/1": 0.0,
    }
    assert untrained_metrics(predictions_of(ROWS[:4]))["order_blind"] == {}
