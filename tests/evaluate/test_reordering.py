"""Order metrics against values worked out by hand."""

import numpy as np
import pytest

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.evaluate.reordering import (
    firsts_and_others,
    harmonic_mean,
    jensen_shannon,
    moved_metrics,
    order_metrics,
    originals_of,
    shift,
    shuffle_metrics,
)


def group(kind: str, name: str, *texts: tuple[int, int]) -> list[Prediction]:
    """A group of probes, each (label, predicted)."""
    return [
        Prediction(kind=kind, group=name, place=place, label=label, predicted=predicted)
        for place, (label, predicted) in enumerate(texts)
    ]


def original(name: str, label: int, predicted: int) -> Prediction:
    return Prediction(split="test", id=name, label=label, predicted=predicted)


def test_a_group_is_invariant_only_if_all_members_get_one_label_right_or_wrong() -> None:
    metrics = order_metrics(
        predictions_of(
            [
                *group("invariance", "a", (1, 1), (1, 1), (1, 1)),  # all right
                *group("invariance", "b", (1, 0), (1, 0)),  # all wrong, but alike
                *group("invariance", "c", (0, 0), (0, 1)),  # differs from its fellow
            ]
        )
    )
    assert metrics == {
        "order_invariance": pytest.approx(2 / 3),
        "order_invariance_accuracy": pytest.approx(4 / 7),
        # Of the four texts that are not first, c's second alone differs, and all of its probability with it.
        "order_invariance_divergence": pytest.approx(1 / 4),
        "order_invariance_shift": pytest.approx(1 / 4),
    }


def test_probabilities_may_move_under_labels_that_stay() -> None:
    rows = [
        Prediction(kind="invariance", group="a", place=0, label=1, predicted=1, probabilities=(0.1, 0.9)),
        Prediction(kind="invariance", group="a", place=1, label=1, predicted=1, probabilities=(0.4, 0.6)),
    ]
    metrics = order_metrics(predictions_of(rows))
    assert metrics["order_invariance"] == 1.0
    assert metrics["order_invariance_shift"] == pytest.approx(0.3, abs=1e-6)
    # Entropies in bits: of (.25, .75) .811278, of (.1, .9) .468996, of (.4, .6) .970951.
    assert metrics["order_invariance_divergence"] == pytest.approx(0.811278 - (0.468996 + 0.970951) / 2, abs=1e-5)


def test_groups_of_one_member_have_nothing_to_diverge_from() -> None:
    metrics = order_metrics(predictions_of(group("invariance", "a", (1, 1))))
    assert metrics == {"order_invariance": 1.0, "order_invariance_accuracy": 1.0}


def test_a_pair_counts_only_if_both_members_are_right() -> None:
    rows = [*group("sensitivity", "a", (0, 0), (1, 1)), *group("sensitivity", "b", (0, 0), (1, 0))]
    assert order_metrics(predictions_of(rows)) == {"order_sensitivity": 0.5}


def test_a_model_blind_to_order_is_invariant_and_never_sensitive() -> None:
    # Within a pair it answers alike, so one text is always wrong.
    rows = [*group("invariance", "a", (1, 1), (1, 1)), *group("sensitivity", "a", (0, 0), (1, 0))]
    metrics = order_metrics(predictions_of(rows))
    assert (metrics["order_invariance"], metrics["order_sensitivity"], metrics["order_score"]) == (1.0, 0.0, 0.0)


def test_harmonic_mean() -> None:
    assert harmonic_mean(1.0, 0.5) == pytest.approx(2 / 3)
    assert harmonic_mean(0.0, 0.0) == 0.0


def test_moved_metrics_by_hand() -> None:
    rows = [
        *group("moved", "a", (1, 1), (1, 1)),  # stays right
        *group("moved", "b", (1, 1), (1, 0)),  # was right, changes
        *group("moved", "c", (1, 0), (1, 1)),  # was wrong: no right prediction that changes
        *group("moved", "d", (1, 0), (1, 0)),
    ]
    assert moved_metrics(predictions_of(rows)) == {
        "moved_invariance": 0.5,
        "moved_change": 0.5,
        "moved_divergence": 0.5,
        "moved_shift": 0.5,
    }
    assert moved_metrics(predictions_of([original("a", 1, 1)])) == {}


def test_shuffle_metrics_by_hand() -> None:
    metrics = shuffle_metrics(
        predictions_of(
            [
                original("a", 1, 1),
                original("b", 0, 0),
                original("c", 1, 0),
                *group("shuffle_1", "a", (1, 1), (1, 0), (1, 0), (1, 0)),  # right at first; 1 of 4 permutations gold
                *group("shuffle_1", "b", (0, 0), (0, 0), (0, 0), (0, 1)),  # right at first; 3 of 4
                *group("shuffle_1", "c", (1, 1), (1, 0), (1, 0), (1, 1)),  # wrong at first; 2 of 4
            ]
        )
    )
    assert metrics["shuffle_accuracy/1"] == pytest.approx(6 / 12)
    assert metrics["shuffle_change"] == metrics["shuffle_change/1"] == pytest.approx(4 / 8)
    assert metrics["shuffle_sensitivity/1"] == pytest.approx((1 - 4 / 8) / 0.5)
    assert metrics["shuffle_divergence/1"] == metrics["shuffle_shift/1"] == pytest.approx(6 / 12)
    assert metrics["omega_max/1"] == 1.0
    assert metrics["omega_rand/1"] == pytest.approx(1 / 3)  # only b has more than half
    assert metrics["permuted_right/1"] == pytest.approx((1 / 4 + 3 / 4) / 2)
    assert metrics["permuted_wrong/1"] == pytest.approx(2 / 4)


def test_each_ngram_size_is_measured_by_itself() -> None:
    rows = [original("a", 1, 1), *group("shuffle_1", "a", (1, 0)), *group("shuffle_3", "a", (1, 1))]
    metrics = shuffle_metrics(predictions_of(rows))
    assert metrics["shuffle_change/1"] == metrics["shuffle_change"] == 1.0
    assert metrics["shuffle_change/3"] == 0.0
    assert not any(name.endswith(("/2", "/4")) for name in metrics)


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
        Prediction(group="b", place=1, predicted=0),
        Prediction(group="a", place=1, predicted=1),
        Prediction(group="b", place=0, predicted=1),
        Prediction(group="alone", place=0),
        Prediction(group="a", place=0, predicted=0),
        Prediction(group="b", place=2, predicted=0),
    ]
    firsts, others = firsts_and_others(predictions_of(rows))
    assert firsts.group.tolist() == others.group.tolist() == ["a", "b", "b"]
    assert firsts.predicted.tolist() == [0, 1, 1]
    assert others.place.tolist() == [1, 1, 2]
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
