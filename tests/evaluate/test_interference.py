"""Gradients of a linear bag of words, which can be written down."""

from pathlib import Path

import pytest
import torch

from tests.evaluate.tables import prepared_data
from timeshare.config.models import BagOfWordsSettings, RecurrentSettings
from timeshare.data.store import PreparedData
from timeshare.evaluate import interference
from timeshare.evaluate.interference import Family, families_of, interference_table
from timeshare.nn.classifier import SequenceClassifier, build_classifier


def untrained_bag(data: PreparedData) -> SequenceClassifier:
    """All weights zero: each class has probability 1/2."""
    classifier = build_classifier(
        BagOfWordsSettings(encoder="bag_of_words"),
        vocabulary_size=len(data.vocabulary),
        num_classes=2,
        extent=1,
        padding=data.meta["side"],
    )
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.zero_()
    return classifier.eval()


@pytest.mark.parametrize("side", ["right", "left"])
def test_cosines_by_hand(tmp_path: Path, side: str) -> None:
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b"), ("x x", "a")], side=side)
    table, metrics = interference_table(untrained_bag(data), data.split("train"), families_of(data, "train"))
    # Of "a": x is met 1.5 times on average, so its gradient is 1.5 (-1/2, 1/2), the offsets' (-1/2, 1/2); of "b": y's
    # and the offsets' are (1/2, -1/2). Their product is -1/2, their squared sizes are 13/8 and 1.
    cosine = -0.5 / (13 / 8) ** 0.5
    assert table.columns == ("family_a", "family_b", "cosine")
    assert [row[:2] for row in table.rows] == [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    assert [row[2] for row in table.rows] == pytest.approx([1, cosine, cosine, 1], abs=1e-6)
    assert metrics == {"interference": pytest.approx(cosine, abs=1e-6)}


@pytest.mark.parametrize("side", ["right", "left"])
def test_families_tell_fronted_texts_apart(tmp_path: Path, side: str) -> None:
    train = [("on x y", "a"), ("x on y z z", "a"), ("at x", "b"), ("on y", "a"), ("x", "b")]
    data = prepared_data(tmp_path, train, side=side)
    families = families_of(data, "train", ["on", "at"])
    texts = {
        str(family): {train[data.split("train").buckets[bucket].rows[place]][0] for bucket, place in members.tolist()}
        for family, members in families.items()
    }
    assert texts == {
        "a fronted": {"on x y", "on y"},
        "a plain": {"x on y z z"},
        "b fronted": {"at x"},
        "b plain": {"x"},
    }
    assert set(families_of(data, "train")) == {Family("a"), Family("b")}
    _, metrics = interference_table(untrained_bag(data), data.split("train"), families)
    # No two families share much but the offsets, which one label pulls one way and the other the other way.
    assert metrics["interference/same_label"] > 0 > metrics["interference/other_label"]


def test_measuring_a_recurrent_model_leaves_no_trace(tmp_path: Path) -> None:
    data = prepared_data(tmp_path, [("x y z", "a"), ("y y z", "b")])
    for sharing in ("shared", "unshared"):
        classifier = build_classifier(
            RecurrentSettings(encoder="lstm", sharing=sharing, embedding_size=4, hidden_size=8),
            vocabulary_size=len(data.vocabulary),
            num_classes=2,
            extent=3,
            generator=torch.Generator().manual_seed(0),
        ).eval()
        before = {name: value.clone() for name, value in classifier.state_dict().items()}
        table, metrics = interference_table(classifier, data.split("train"), families_of(data, "train"))
        assert -1 <= metrics["interference"] < 0
        assert len(table.rows) == 4
        assert all(torch.equal(value, before[name]) for name, value in classifier.state_dict().items())
        assert all(parameter.grad is None for parameter in classifier.parameters())


def test_examples_are_spread_over_a_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = prepared_data(tmp_path, [("x " * length, "a") for length in range(1, 9)] + [("y", "b")])
    asked: list[list[int]] = []
    classifier = untrained_bag(data)
    classifier.register_forward_pre_hook(lambda module, inputs: asked.append(sorted(inputs[1].tolist())))
    monkeypatch.setattr(interference, "MOST_EXAMPLES", 4)
    interference_table(classifier, data.split("train"), families_of(data, "train"))
    assert asked == [[1, 3, 5, 7], [1]]


def test_the_largest_families_are_kept_and_one_alone_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b"), ("on x", "a"), ("x x", "a")])
    families = families_of(data, "train", ["on"])
    monkeypatch.setattr(interference, "MOST_FAMILIES", 2)
    table, _ = interference_table(untrained_bag(data), data.split("train"), families)
    assert {row[0] for row in table.rows} == {"a plain", "a fronted"}
    monkeypatch.setattr(interference, "MOST_NUMBERS", 1)
    table, metrics = interference_table(untrained_bag(data), data.split("train"), families)
    assert (list(table.rows), metrics) == ([], {})
