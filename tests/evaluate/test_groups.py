"""Comparisons of reordered texts with their originals, against values worked out by hand."""

import numpy as np
import pytest

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.evaluate.groups import firsts_and_others, jensen_shannon, originals_of, shift


def test_jensen_shannon_in_bits() -> None:
    first = np.array([[1.0, 0.0], [0.3, 0.7], [1.0, 0.0]], np.float32)
    second = np.array([[0.0, 1.0], [0.3, 0.7], [0.5, 0.5]], np.float32)
    # Third: entropy of (3/4, 1/4) is 2 - 3/4 log2 3, less the mean of 0 and 1.
    expected = [1.0, 0.0, 1.5 - 0.75 * np.log2(3)]
    assert jensen_shannon(first, second) == pytest.approx(expected, abs=1e-12)
    assert jensen_shannon(second, first) == pytest.approx(expected, abs=1e-12)


def test_equal_distributions_do_not_diverge_at_all() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(7), size=1000).astype(np.float32)
    assert (jensen_shannon(probabilities, probabilities) == 0).all()


def test_the_first_of_a_group_is_its_member_0_wherever_it_stands() -> None:
    rows = [
        Prediction(group="b", member=1, predicted=0),
        Prediction(group="a", member=1, predicted=1),
        Prediction(group="b", member=0, predicted=1),
        Prediction(group="alone", member=0),
        Prediction(group="a", member=0, predicted=0),
        Prediction(group="b", member=2, predicted=0),
    ]
    firsts, others = firsts_and_others(predictions_of(rows))
    assert firsts.group.tolist() == others.group.tolist() == ["a", "b", "b"]
    assert firsts.predicted.tolist() == [0, 1, 1]
    assert others.member.tolist() == [1, 1, 2]
    assert others.predicted.tolist() == [1, 0, 0]


def test_an_original_is_found_by_its_id() -> None:
    test = predictions_of([Prediction(id=name, predicted=predicted) for name, predicted in (("t2", 0), ("t1", 1))])
    shuffled = predictions_of([Prediction(group=group) for group in ("t1", "t2", "t1")])
    assert originals_of(test, shuffled).predicted.tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match="no test id"):
        originals_of(test, predictions_of([Prediction(group="t3")]))


def test_shift_is_of_the_originals_label() -> None:
    original = predictions_of(
        [Prediction(label=1, probabilities=(0.2, 0.8)), Prediction(label=0, probabilities=(0.6, 0.4))]
    )
    moved = predictions_of(
        [Prediction(label=1, probabilities=(0.7, 0.3)), Prediction(label=0, probabilities=(0.9, 0.1))]
    )
    assert shift(original, moved) == pytest.approx([0.5, 0.3], abs=1e-6)
