"""From raw tables to metrics with models whose answers are known."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from tests.evaluate.tables import classifier_for, prepared_data, token_classifier
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.asking import ask_all
from timeshare.evaluate.metrics import all_metrics
from timeshare.evaluate.settings import EvaluateSettings
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.settings import BagOfWordsSettings, RecurrentSettings
from timeshare.sources.raw import Probe

TRAIN = [("x y", "a"), ("y x", "b"), ("( x ) y", "a"), ("( y ) x", "b")]


def group(kind: str, name: str, *texts: tuple[str, str]) -> list[Probe]:
    return [
        Probe(f"{kind}-{name}-{place}", f"{kind}-{name}", kind, place, text, label)
        for place, (text, label) in enumerate(texts)
    ]


PROBES = [
    *group("invariance", "0", ("x ( y )", "b"), ("y ( x )", "b")),  # a first-token model gives two labels
    *group("invariance", "1", ("x y x", "a"), ("x x y", "a")),  # ... one, the right one
    *group("invariance", "2", ("y x (", "a"), ("y ( x", "a")),  # ... one, the wrong one
    *group("sensitivity", "0", ("x y", "a"), ("y x", "b")),  # both right
    *group("sensitivity", "1", ("x ( y )", "b"), ("( x ) y", "a")),  # one right at most
    *group("length", "0", ("x y x y x", "a")),
    *group("length", "1", ("x y x y y", "b")),
    *group("length", "2", ("y x y x y x", "b")),
]


@pytest.fixture(scope="module", params=["right", "left"])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PreparedData:
    return prepared_data(tmp_path_factory.mktemp("known"), TRAIN, PROBES, side=request.param)


def metrics_of(classifier: SequenceClassifier, data: PreparedData) -> dict[str, float]:
    return all_metrics(ask_all(classifier, data, EvaluateSettings()))


def test_a_first_token_model_by_hand(data: PreparedData) -> None:
    classifier = token_classifier(data, {"x": [5.0, 0.0], "y": [0.0, 5.0], "(": [0.0, 0.0]}, "first")
    metrics = metrics_of(classifier, data)
    # "(" gets the first class: right for "( x ) y", wrong for "( y ) x".
    assert metrics["accuracy"] == metrics["train_accuracy"] == 3 / 4
    assert metrics["order_invariance"] == pytest.approx(2 / 3)
    assert metrics["order_invariance_accuracy"] == pytest.approx(3 / 6)
    assert metrics["order_sensitivity"] == pytest.approx(1 / 2)
    assert metrics["order_score"] == pytest.approx(2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2))
    # Half of those of length 5 are right, and the one of length 6.
    assert metrics["length_score"] == pytest.approx((1 / 2 + 1) / 2)


def test_a_bag_of_words_is_invariant_and_of_each_pair_has_one_wrong(data: PreparedData) -> None:
    for seed in range(5):
        metrics = metrics_of(classifier_for(data, BagOfWordsSettings(encoder="bag_of_words"), seed=seed), data)
        assert metrics["order_invariance"] == 1.0
        assert metrics["order_invariance_divergence"] == metrics["order_invariance_shift"] == 0.0
        assert metrics["order_sensitivity"] == metrics["order_score"] == 0.0


@pytest.mark.parametrize("rules", [("hold", "cycle"), ("hold",), ()])
def test_a_model_that_refuses_texts_beyond_its_extent_counts_those_within(
    tmp_path: Path, rules: tuple[Literal["hold", "cycle"], ...]
) -> None:
    probes = [
        *group("invariance", "0", ("x y", "a"), ("y x", "a")),
        *group("invariance", "1", ("x y x y", "a"), ("x x y y", "a")),
        *group("length", "0", ("x y x y", "a")),
        Probe("shuffled", "test-1", "shuffle_1", 0, "x y x x", "b"),
    ]
    data = prepared_data(tmp_path, TRAIN[:2], probes, test=[("y x", "a"), ("x x x y", "b")])
    predictions = ask_all(refusing(data), data, EvaluateSettings(rules=rules))
    asked = [*np.unique(predictions.rule).tolist()]
    assert asked == sorted(["", *rules])
    assert not predictions.own[predictions.length > 2].any()
    assert predictions.own[predictions.length <= 2].all()
    counts = {name: len(predictions.of("probes", name)) for name in ("invariance", "length", "shuffle_1")}
    assert (len(predictions.of("test")), counts) == (1, {"invariance": 2, "length": 0, "shuffle_1": 0})
    metrics = all_metrics(predictions)
    assert {name for name in metrics if name.startswith(("length", "shuffle"))} == {
        f"length_score/{rule}" for rule in rules
    }
    assert {"accuracy", "order_invariance"} <= set(metrics)


def test_a_model_that_refuses_every_test_text_has_no_accuracy(tmp_path: Path) -> None:
    data = prepared_data(tmp_path, TRAIN[:2], test=[("y x y", "a"), ("x x x y", "b")])
    with pytest.raises(UserError, match="every test text is longer than the model's 2 steps with weights; give"):
        ask_all(refusing(data), data, EvaluateSettings())


def refusing(data: PreparedData) -> SequenceClassifier:
    """Weights for two steps, and none beyond."""
    settings = RecurrentSettings(encoder="rnn", sharing="unshared", beyond="error", embedding_size=2, hidden_size=2)
    return classifier_for(data, settings, extent=2)


def test_of_train_no_more_texts_are_asked_than_wanted_and_of_each_model_the_same(data: PreparedData) -> None:
    def asked(weight: float, most: int | None) -> list[tuple[int, int]]:
        classifier = token_classifier(data, {"x": [weight, 0.0]}, "first")
        train = ask_all(classifier, data, EvaluateSettings(train_rows=most)).of("train")
        return list(zip(train.length.tolist(), train.label.tolist(), strict=True))

    every = [(2, 0), (2, 1), (4, 0), (4, 1)]
    assert sorted(asked(1.0, None)) == sorted(asked(1.0, 4)) == every
    assert asked(1.0, 3) == asked(-1.0, 3)
    assert len(asked(1.0, 3)) == len(set(asked(1.0, 3)) & set(every)) == 3


def test_the_classifier_is_asked_in_batches(data: PreparedData, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = token_classifier(data, {"x": [1.0, 0.0]}, "first")
    sizes: list[int] = []
    classifier.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    ask_all(classifier, data, EvaluateSettings())
    splits = [data.split(name) for name in ("train", "test", "probes")]
    assert len(sizes) <= sum(len(split.buckets) for split in splits)
    assert sum(sizes) == sum(len(split) for split in splits)
