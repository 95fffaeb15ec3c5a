"""Order metrics against values worked out by hand."""

import pytest

from tests.evaluate.conftest import Build, Row
from timeshare.evaluate.order import harmonic_mean, order_metrics, shuffle_metrics


def probe(kind: str, group: str, label: int, predicted: int) -> Row:
    return ("probes", kind, "", True, f"{kind}-{group}", group, 5, label, predicted)


def test_a_group_is_invariant_only_if_all_members_get_one_label_right_or_wrong(build: Build) -> None:
    metrics = order_metrics(
        build(
            [
                *[probe("invariance", "a", 1, 1)] * 3,  # all right
                *[probe("invariance", "b", 1, 0)] * 2,  # all wrong, but alike
                probe("invariance", "c", 0, 0),
                probe("invariance", "c", 0, 1),  # differs from its fellow
            ]
        )
    )
    assert metrics == {"order_invariance": pytest.approx(2 / 3), "order_invariance_accuracy": pytest.approx(4 / 7)}


def test_a_pair_counts_only_if_both_members_are_right(build: Build) -> None:
    metrics = order_metrics(
        build(
            [
                probe("sensitivity", "a", 0, 0),
                probe("sensitivity", "a", 1, 1),
                probe("sensitivity", "b", 0, 0),
                probe("sensitivity", "b", 1, 0),
            ]
        )
    )
    assert metrics == {"order_sensitivity": 0.5}


def test_a_model_that_is_right_everywhere_has_order_score_1(build: Build) -> None:
    rows = [probe("invariance", "a", 1, 1)] * 2 + [probe("sensitivity", "a", 0, 0), probe("sensitivity", "a", 1, 1)]
    assert order_metrics(build(rows))["order_score"] == 1.0


def test_a_model_blind_to_order_is_invariant_and_never_sensitive(build: Build) -> None:
    # Within a pair it answers alike, so one member is always wrong.
    rows = [probe("invariance", "a", 1, 1)] * 2 + [probe("sensitivity", "a", 0, 0), probe("sensitivity", "a", 1, 0)]
    metrics = order_metrics(build(rows))
    assert (metrics["order_invariance"], metrics["order_sensitivity"], metrics["order_score"]) == (1.0, 0.0, 0.0)


def test_harmonic_mean() -> None:
    assert harmonic_mean(1.0, 0.5) == pytest.approx(2 / 3)
    assert harmonic_mean(0.0, 0.0) == 0.0


def test_shuffle_metrics_by_hand(build: Build) -> None:
    def original(name: str, label: int, predicted: int) -> Row:
        return ("test", "", "", True, name, "", 5, label, predicted)

    def shuffled(group: str, label: int, *predicted: int) -> list[Row]:
        return [probe("shuffle_1", group, label, one) for one in predicted]

    metrics = shuffle_metrics(
        build(
            [
                original("a", 1, 1),
                original("b", 0, 0),
                original("c", 1, 0),
                *shuffled("a", 1, 1, 0, 0, 0),  # right at first; 1 of 4 permutations gold
                *shuffled("b", 0, 0, 0, 0, 1),  # right at first; 3 of 4
                *shuffled("c", 1, 1, 0, 0, 1),  # wrong at first; 2 of 4
            ]
        )
    )
    assert metrics["shuffle_accuracy/1"] == pytest.approx(6 / 12)
    assert metrics["shuffle_change"] == metrics["shuffle_change/1"] == pytest.approx(4 / 8)
    assert metrics["shuffle_sensitivity/1"] == pytest.approx((1 - 4 / 8) / 0.5)
    assert metrics["omega_max/1"] == 1.0
    assert metrics["omega_rand/1"] == pytest.approx(1 / 3)  # only b has more than half
    assert metrics["permuted_right/1"] == pytest.approx((1 / 4 + 3 / 4) / 2)
    assert metrics["permuted_wrong/1"] == pytest.approx(2 / 4)


def test_a_shuffle_of_a_text_that_is_not_in_test_is_an_error(build: Build) -> None:
    rows: list[Row] = [("test", "", "", True, "a", "", 5, 1, 1), probe("shuffle_1", "b", 1, 1)]
    with pytest.raises(ValueError, match="no test id"):
        shuffle_metrics(build(rows))
