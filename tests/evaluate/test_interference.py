"""Gradients of a linear bag of words, which can be written down."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.evaluate.tables import classifier_for, prepared_data
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate import interference
from timeshare.evaluate.interference import Family, families_of, interference_table
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.settings import BagOfWordsSettings, RecurrentSettings


def untrained_bag(data: PreparedData) -> SequenceClassifier:
    """All weights zero: each class has probability 1/2."""
    classifier = classifier_for(data, BagOfWordsSettings(encoder="bag_of_words"))
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.zero_()
    return classifier


@pytest.mark.parametrize("side", ["right", "left"])
def test_cosines_by_hand(tmp_path: Path, side: str) -> None:
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b"), ("x x x", "a")], side=side)
    table, metrics = interference_table(untrained_bag(data), data.split("train"), families_of(data))
    # A gradient has two parts, the words' and the offsets'. Of the long text of "a" they are 3 (-1/2, 1/2) for x and
    # (-1/2, 1/2), of the short one (-1/2, 1/2) twice, of "b" (1/2, -1/2) twice, for y. So the squared sizes are
    # 5, 1 and 1; the products 2 for the two of "a", and with "b", by the offsets alone, -1/2.
    within, long_b, short_b = 2 / 5**0.5, -0.5 / 5**0.5, -0.5
    assert table.columns == ("family_a", "family_b", "cosine")
    names = ["a long", "a short", "b short"]
    assert [row[:2] for row in table.rows] == [(one, other) for one in names for other in names]
    cosines = [1, within, long_b, within, 1, short_b, long_b, short_b, 1]
    assert [row[2] for row in table.rows] == pytest.approx(cosines, abs=1e-6)
    assert metrics == {
        "interference": pytest.approx((within + long_b + short_b) / 3, abs=1e-6),
        "interference/same_label": pytest.approx(within, abs=1e-6),
        "interference/other_label": pytest.approx((long_b + short_b) / 2, abs=1e-6),
    }


def test_a_net_that_reads_the_padding_meets_that_of_each_text_s_bucket(tmp_path: Path) -> None:
    train = [("x", "a"), ("y", "a"), ("x y x", "a"), ("y y x x", "b"), ("x x", "b")]
    data = prepared_data(tmp_path, train, layout="exact")
    settings = RecurrentSettings(encoder="lstm", embedding_size=3, hidden_size=4, mask=False)
    classifier = classifier_for(data, settings).double()
    parameters = list(classifier.parameters())
    split = data.split("train")
    examples = np.array([(bucket, place) for bucket in range(2) for place in range(len(split.buckets[bucket].labels))])
    found = interference._mean_gradient(classifier, parameters, interference._gather(split, examples, classifier))
    batches = [split.gather(bucket, np.arange(len(split.buckets[bucket].labels))) for bucket in range(2)]
    loss = torch.cat(
        [
            functional.cross_entropy(classifier(batch.tokens, batch.lengths), batch.labels, reduction="none")
            for batch in batches
        ]
    ).mean()
    expected = torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, parameters)])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("side", ["right", "left"])
def test_families_tell_fronted_texts_apart(tmp_path: Path, side: str) -> None:
    train = [("on x y", "a"), ("x on y z z", "a"), ("at x", "b"), ("on y", "a"), ("x", "b")]
    data = prepared_data(tmp_path, train, side=side)
    families = families_of(data, ["on", "at"])
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
    # Without openers: the median length is 2.
    by_length = {family: len(members) for family, members in families_of(data).items()}
    assert by_length == {Family("a", "long"): 2, Family("a", "short"): 1, Family("b", "short"): 2}
    _, metrics = interference_table(untrained_bag(data), data.split("train"), families)
    # No two families share much but the offsets, which one label pulls one way and the other the other way.
    assert metrics["interference/same_label"] > 0 > metrics["interference/other_label"]


def test_measuring_a_recurrent_model_leaves_no_trace(tmp_path: Path) -> None:
    data = prepared_data(tmp_path, [("x y z", "a"), ("y y z", "b")])
    for sharing in ("shared", "unshared"):
        settings = RecurrentSettings(encoder="lstm", sharing=sharing, embedding_size=4, hidden_size=8)
        classifier = classifier_for(data, settings)
        before = {name: value.clone() for name, value in classifier.state_dict().items()}
        table, metrics = interference_table(classifier, data.split("train"), families_of(data))
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
    interference_table(classifier, data.split("train"), families_of(data, ["y"]))
    assert asked == [[1, 3, 5, 7], [1]]


def test_the_largest_families_are_kept_and_one_alone_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b"), ("on x", "a"), ("x x", "a")])
    families = families_of(data, ["on"])
    monkeypatch.setattr(interference, "MOST_FAMILIES", 2)
    table, _ = interference_table(untrained_bag(data), data.split("train"), families)
    assert {row[0] for row in table.rows} == {"a plain", "a fronted"}
    monkeypatch.setattr(interference, "MOST_NUMBERS", 1)
    table, metrics = interference_table(untrained_bag(data), data.split("train"), families)
    assert (list(table.rows), metrics) == ([], {})
