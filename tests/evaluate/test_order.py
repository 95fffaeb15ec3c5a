"""Order metrics against values worked out by hand."""

import pytest

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.evaluate.order import harmonic_mean, moved_metrics, order_metrics, shuffle_metrics


def group(kind: str, name: str, *members: tuple[int, int]) -> list[Prediction]:
    """A group of probes, each (label, predicted)."""
    return [
        Prediction(kind=kind, group=name, member=member, label=label, predicted=predicted)
        for member, (label, predicted) in enumerate(members)
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
        # Of the four members that are not first, c's second alone differs, and all of its probability with it.
        "order_invariance_divergence": pytest.approx(1 / 4),
        "order_invariance_shift": pytest.approx(1 / 4),
    }


def test_probabilities_may_move_under_labels_that_stay() -> None:
    rows = [
        Prediction(kind="invariance", group="a", member=0, label=1, predicted=1, probabilities=(0.1, 0.9)),
        Prediction(kind="invariance", group="a", member=1, label=1, predicted=1, probabilities=(0.4, 0.6)),
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


def test_a_model_that_is_right_everywhere_has_order_score_1() -> None:
    rows = [*group("invariance", "a", (1, 1), (1, 1)), *group("sensitivity", "a", (0, 0), (1, 1))]
    assert order_metrics(predictions_of(rows))["order_score"] == 1.0


def test_a_model_blind_to_order_is_invariant_and_never_sensitive() -> None:
    # Within a pair it answers alike, so one member is always wrong.
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
