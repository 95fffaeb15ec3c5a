"""Intervals, tests and corrections against values worked out by hand."""

import itertools
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pytest

from timeshare.report.statistics import (
    compare,
    holm,
    intervals,
    probability_greater,
    proportion_interval,
    seeds_needed,
    sign_flip_test,
    smallest_p,
    summarise,
    summarise_rows,
)


def interval(values: Sequence[float], resamples: int, generator: np.random.Generator) -> tuple[float | None, ...]:
    summary = summarise(values, 0.95, resamples, generator)
    return summary.low, summary.high


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def test_summary_of_hand_computed_values(generator: np.random.Generator) -> None:
    summary = summarise([1.0, 2.0, 3.0, 10.0], 0.95, 1000, generator)
    assert (summary.mean, summary.max, summary.n) == (4.0, 10.0, 4)
    assert summary.interquartile_mean == 2.5  # the mean of 2 and 3
    assert summary.low is not None
    assert summary.high is not None
    assert 1.0 < summary.low < 4.0 < summary.high <= 10.0


def test_equal_values_have_an_interval_of_one_value(generator: np.random.Generator) -> None:
    assert interval([0.7, 0.7, 0.7], 1000, generator) == (0.7, 0.7)
    assert interval([1.0, 1.0], 1000, generator) == (1.0, 1.0)


def test_one_seed_has_no_interval(generator: np.random.Generator) -> None:
    summary = summarise([0.7], 0.95, 1000, generator)
    assert (summary.mean, summary.low, summary.high, summary.max, summary.n) == (0.7, None, None, 0.7, 1)


@pytest.mark.parametrize("values", [(0.5, 0.52), (0.9, 0.93, 0.97), (1.0, 1.0, 0.5)])
def test_with_two_or_three_seeds_the_interval_is_their_range(
    values: tuple[float, ...], generator: np.random.Generator
) -> None:
    # With n = 3 the 27 resamples put 1/27 > 2.5 % on each end; much skew moves one end in.
    assert interval(values, 2000, generator) == pytest.approx((min(values), max(values)))


def test_the_bca_interval_of_a_known_sample_is_that_of_the_formula(generator: np.random.Generator) -> None:
    """BCa worked out over all 5^5 resamples: what scipy draws at random must come close to it."""
    sample = np.array([0.0, 1.0, 2.0, 3.0, 9.0])
    means = np.sort([np.mean(draw) for draw in itertools.product(sample, repeat=len(sample))])
    share_below = ((means < sample.mean()).mean() + (means <= sample.mean()).mean()) / 2
    normal = NormalDist()
    bias = normal.inv_cdf(share_below)
    jackknife = np.array([np.delete(sample, index).mean() for index in range(len(sample))])
    centred = jackknife.mean() - jackknife
    acceleration = (centred**3).sum() / (6 * (centred**2).sum() ** 1.5)
    expected = []
    for level in (0.025, 0.975):
        z = bias + normal.inv_cdf(level)
        expected.append(np.quantile(means, normal.cdf(bias + z / (1 - acceleration * z))))
    assert interval(sample, 20_000, generator) == pytest.approx(expected, abs=0.2)


def test_rows_are_summarised_as_if_each_stood_alone(generator: np.random.Generator) -> None:
    rows = np.array([[0.1, 0.5, 0.9], [0.5, 0.5, 0.5], [1.0, 0.0, 1.0]])
    low, high = intervals(rows, 0.95, 500, generator)
    assert low.tolist() == pytest.approx([0.1, 0.5, 0.0])
    assert high.tolist() == pytest.approx([0.9, 0.5, 1.0])
    assert [item.mean for item in summarise_rows(rows, 0.95, 500, generator)] == pytest.approx([0.5, 0.5, 2 / 3])


def test_an_interval_never_leaves_the_range_of_its_values() -> None:
    rows = np.random.default_rng(1).random((200, 6))
    low, high = intervals(rows, 0.95, 500, np.random.default_rng(2))
    assert (low >= rows.min(axis=1)).all()
    assert (high <= rows.max(axis=1)).all()
    assert (low < rows.mean(axis=1)).all()
    assert (high > rows.mean(axis=1)).all()


def test_equal_generators_give_equal_intervals() -> None:
    first, second = (summarise([0.1, 0.5, 0.7, 0.8], 0.95, 500, np.random.default_rng(3)) for _ in range(2))
    assert first == second


def test_comparison_of_paired_seeds(generator: np.random.Generator) -> None:
    comparison = compare([0.3, 0.2, 0.9], [0.1, 0.1, 0.8], 0.95, 1000, generator)
    assert comparison.mean == pytest.approx(0.4 / 3)
    assert (comparison.low, comparison.high) == pytest.approx((0.1, 0.2))
    assert comparison.p_value == 0.25  # 2 of the 8 patterns of signs are as far out
    assert comparison.probability_greater == pytest.approx(7 / 9)
    assert comparison.sign == 1


@pytest.mark.parametrize(
    ("first", "second", "sign"),
    [
        ((0.9, 0.8, 0.9), (0.5, 0.5, 0.5), 1),
        ((0.5, 0.5, 0.5), (0.9, 0.8, 0.9), -1),
        ((0.5, 0.6, 0.4), (0.5, 0.5, 0.5), 0),
        ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 0),
        # 0.3 by two roads that differ by a rounding
        ((0.1 + 0.2, 0.3, 0.3), (0.3, 0.3, 0.3), 0),
        # an interval that touches 0 holds it
        ((0.6, 0.5, 0.6), (0.5, 0.5, 0.5), 0),
    ],
)
def test_a_difference_has_a_sign_only_where_its_interval_leaves_out_0(
    first: tuple[float, ...], second: tuple[float, ...], sign: int, generator: np.random.Generator
) -> None:
    assert compare(first, second, 0.95, 1000, generator).sign == sign


def test_one_paired_seed_has_neither_interval_nor_sign(generator: np.random.Generator) -> None:
    comparison = compare([0.9], [0.5], 0.95, 1000, generator)
    assert (comparison.low, comparison.high, comparison.sign, comparison.p_value) == (None, None, None, 1.0)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ((0.1, 0.2, 0.3), 2 / 8),
        ((-0.1, -0.2, -0.3), 2 / 8),
        ((0.1, 0.1, 0.1, 0.1, 0.1, 0.1), 2 / 64),
        # sums of +-1 +-2 +-4 that reach 5: 7 and 5, and their mirrors
        ((-1.0, 2.0, 4.0), 4 / 8),
        ((0.0, 0.0), 1.0),
        ((0.4,), 1.0),
    ],
)
def test_sign_flip_test_counts_all_patterns(
    differences: tuple[float, ...], p: float, generator: np.random.Generator
) -> None:
    assert sign_flip_test(differences, generator) == pytest.approx(p)


def test_more_seeds_than_can_be_counted_are_drawn(generator: np.random.Generator) -> None:
    assert sign_flip_test(np.full(20, 0.1), generator) < 0.001


@pytest.mark.parametrize(("n", "p"), [(1, 1.0), (2, 0.5), (3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_no_test_over_n_seeds_beats_the_smallest_p(n: int, p: float, generator: np.random.Generator) -> None:
    assert smallest_p(n) == p
    assert sign_flip_test(np.arange(1.0, n + 1), generator) == pytest.approx(p)


@pytest.mark.parametrize(("level", "seeds"), [(1 - 0.95, 6), (0.0625, 5), (1 - 0.75, 3), (0.01, 8), (1.0, 1)])
def test_seeds_needed_is_the_first_number_that_reaches_the_level(level: float, seeds: int) -> None:
    assert seeds_needed(level) == seeds


@pytest.mark.parametrize(
    ("raw", "adjusted"),
    [
        ((), ()),
        ((0.2,), (0.2,)),
        # 0.01 x 3; 0.03 x 2; 0.04 x 1 lifted to its predecessor
        ((0.01, 0.04, 0.03), (0.03, 0.06, 0.06)),
        ((0.5, 0.6, 0.001), (1.0, 1.0, 0.003)),
        ((0.02, 0.02), (0.04, 0.04)),
    ],
)
def test_holm(raw: tuple[float, ...], adjusted: tuple[float, ...]) -> None:
    assert holm(raw) == pytest.approx(list(adjusted))


def test_probability_greater_counts_pairs_and_halves_ties() -> None:
    assert probability_greater([3.0, 4.0], [1.0, 2.0]) == 1.0
    assert probability_greater([1.0, 2.0, 3.0], [1.0, 1.0, 2.0]) == pytest.approx((2 * 0.5 + 2 + 0.5 + 3) / 9)
    assert probability_greater([0.1 + 0.2], [0.3]) == 0.5


def test_wilson_interval_of_8_in_10() -> None:
    # (0.8 + z^2/20 -+ z sqrt(0.016 + z^2/400)) / (1 + z^2/10) with z = 1.959964
    assert proportion_interval(8, 10, 0.95) == pytest.approx((0.490162, 0.943318), abs=1e-6)
    assert proportion_interval(0, 10, 0.95)[0] == 0.0


@pytest.mark.parametrize("values", [[], [0.5, float("nan")], [float("inf")], [[0.5], [0.6]]])
def test_values_that_are_no_finite_numbers_a_seed_are_refused(
    values: list[float], generator: np.random.Generator
) -> None:
    with pytest.raises(ValueError, match="needs"):
        summarise(values, 0.95, 100, generator)


def test_unpaired_seeds_and_impossible_shares_are_refused(generator: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="equal counts, got 2 and 1"):
        compare([0.1, 0.2], [0.1], 0.95, 100, generator)
    with pytest.raises(ValueError, match="got 3 of 2"):
        proportion_interval(3, 2, 0.95)
