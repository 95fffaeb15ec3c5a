"""What the best of k random settings reaches: the expected maximum of k trials, from the n that were made."""

import math
from collections.abc import Sequence

import numpy as np

from timeshare.report.statistics import Estimate, Floats


def expected_best(
    values: Sequence[float], confidence: float, resamples: int, generator: np.random.Generator
) -> list[Estimate]:
    """The expected best of k trials for k = 1..n, each with its interval.

    The estimate is the mean of the maximum over all subsets of k of the n trials. It is unbiased where trials are drawn
    independently of each other, as a random search does and a guided one does not. Drawing subsets with replacement,
    as Dodge et al. 2019 do, is biased towards less. At k = n it is the best trial.

    The interval is that of a percentile bootstrap over the trials. It never leaves their range, and so is too narrow
    where k comes near n.

    Args:
        values: float [n], a score of each trial, more is better.
        confidence: of each interval, in (0, 1).
        resamples: of the bootstrap.
        generator: source of the resamples.
    Source: Dodge et al. 2019 (the question), Tang et al. 2020 (the estimator).
    """
    sample = np.sort(np.asarray(values, dtype=np.float64))
    n = len(sample)
    if n < 2:
        return [Estimate(mean, None, None) for mean in sample.tolist()]
    weights = subset_weights(n)
    means = weights @ sample
    drawn = np.sort(sample[generator.integers(n, size=(resamples, n))], axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn @ weights.T, [tail, 1 - tail], axis=0)
    return [Estimate(*map(float, row)) for row in zip(means, low, high, strict=True)]


def subset_weights(n: int) -> Floats:
    """float [k, i]: how often the i-th smallest of n distinct values is the largest of k + 1 of them, of all subsets.

    C(i, k) / C(n, k + 1), with i and k counted from 0.
    """
    return np.array([[math.comb(i, k) / math.comb(n, k + 1) for i in range(n)] for k in range(n)])
