"""The expected best of k trials against the mean of the best over every subset."""

import itertools
from collections.abc import Sequence
from statistics import fmean

import numpy as np
import pytest

from timeshare.report.expected_best import expected_best
from timeshare.report.statistics import Estimate


def estimates(values: Sequence[float], resamples: int = 200, confidence: float = 0.95) -> list[Estimate]:
    return expected_best(values, confidence, resamples, np.random.default_rng(0))


@pytest.mark.parametrize("values", [(0.3, 0.9, 0.1, 0.7, 0.5, 0.8, 0.2), (0.5, 0.5, 0.9, 0.9, 0.1), (0.4, 0.6)])
def test_it_is_the_mean_of_the_best_over_all_subsets(values: tuple[float, ...]) -> None:
    by_hand = [fmean(max(one) for one in itertools.combinations(values, k)) for k in range(1, len(values) + 1)]
    assert [one.mean for one in estimates(values)] == pytest.approx(by_hand)


def test_it_is_unbiased_where_drawing_with_replacement_is_not() -> None:
    # The best of 3 uniform numbers is 3/4 on average.
    samples = np.random.default_rng(1).uniform(size=(2000, 6))
    found = [estimates(sample.tolist(), resamples=2)[2].mean for sample in samples]
    with_replacement = [fmean(max(one) for one in itertools.product(sample, repeat=3)) for sample in samples[:500]]
    assert fmean(found) == pytest.approx(0.75, abs=0.01)
    assert fmean(with_replacement) < 0.73


def test_the_interval_is_that_of_the_mean_at_one_trial_and_ends_at_the_best_at_all() -> None:
    values = np.linspace(0, 1, 24).tolist()
    found = estimates(values, resamples=4000)
    first, last = found[0], found[-1]
    # Of 24 equally spaced numbers the mean has a standard error of 0.301 / sqrt(24) = 0.061.
    assert first.low == pytest.approx(0.5 - 1.96 * 0.0613, abs=0.02)
    assert first.high == pytest.approx(0.5 + 1.96 * 0.0613, abs=0.02)
    assert (last.mean, last.high) == (1.0, 1.0)
    assert last.low is not None
    assert 0.8 < last.low < 1.0


def test_one_trial_has_no_interval_and_none_has_no_estimate() -> None:
    assert estimates([0.7]) == [Estimate(0.7, None, None)]
    assert estimates([]) == []
