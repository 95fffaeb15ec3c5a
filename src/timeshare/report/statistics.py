"""What several seeds say about a number, and about the difference of two models: intervals, tests, corrections.

Everything rests on scipy.stats, which is imported inside the functions: the import costs more than the arithmetic.
docs/statistics.md says why these methods, and what few seeds cannot show.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EXACT_SIGN_FLIPS = 14  # seeds up to which all 2^n sign patterns are counted; beyond, 2^14 of them are drawn
ROUNDING = 1e-12  # values nearer to each other than this are one value that was rounded in two ways


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; `low` and `high` are None where it has none (of one seed, of one trial)."""

    mean: float
    low: float | None
    high: float | None

    @property
    def sign(self) -> int | None:
        """+1 or -1 where the interval lies on one side of 0, 0 where it holds 0, None where there is none."""
        return None if self.low is None or self.high is None else int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Summary(Estimate):
    """The mean of a metric over `n` seeds."""

    interquartile_mean: float
    max: float
    n: int


@dataclass(frozen=True)
class Comparison(Estimate):
    """One model minus another on one metric, over the seeds that both were run with: the mean of the differences.

    Attributes:
        p_value: two-sided exact sign-flip test of "no difference".
        probability_greater: P(first > second) for a seed of each, ties counted half.
        n: number of seeds.
    """

    p_value: float
    probability_greater: float
    n: int

    def turned(self) -> "Comparison":
        """The second model minus the first."""
        low, high = (None if bound is None else 0.0 - bound for bound in (self.high, self.low))
        return Comparison(0.0 - self.mean, low, high, self.p_value, 1.0 - self.probability_greater, self.n)


def summarise(
    values: Sequence[float] | Floats, confidence: float, resamples: int, generator: np.random.Generator
) -> Summary:
    """Summarise one metric over seeds.

    Args:
        values: one finite number a seed, at least one.
        confidence: of the interval, in (0, 1).
        resamples: of the bootstrap.
        generator: source of the resamples.
    Raises:
        ValueError: no values, or one that is not finite.
    """
    return summarise_rows(_checked(values)[None, :], confidence, resamples, generator)[0]


def summarise_rows(samples: Floats, confidence: float, resamples: int, generator: np.random.Generator) -> list[Summary]:
    """Summarise many metrics at once: float [rows, n] -> one summary a row."""
    from scipy import stats

    seeds = samples.shape[1]
    columns = samples.mean(axis=1), stats.trim_mean(samples, 0.25, axis=1), samples.max(axis=1)
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * len(samples)
    if seeds > 1:
        low, high = intervals(samples, confidence, resamples, generator)
        bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    return [
        Summary(float(mean), low, high, float(trimmed), float(most), seeds)
        for mean, trimmed, most, (low, high) in zip(*columns, bounds, strict=True)
    ]


def intervals(
    samples: Floats, confidence: float, resamples: int, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """BCa bootstrap intervals of many means at once.

    Rows of equal values have the interval [v, v]. Where BCa is undefined for another reason, the row's range stands in:
    the widest interval that a bootstrap of the mean can give.

    Args:
        samples: float [rows, n], n >= 2.
        confidence: of each interval, in (0, 1).
        resamples: of the bootstrap, common to all rows.
        generator: source of the resamples.
    Returns:
        (low, high), each float [rows].
    Source: Efron 1987; scipy.stats.bootstrap.
    """
    from scipy import stats

    least, most = samples.min(axis=1), samples.max(axis=1)
    low, high = least.copy(), most.copy()
    spread = most - least > ROUNDING
    if spread.any():
        bounds = stats.bootstrap(
            (samples[spread],),
            np.mean,
            axis=1,
            n_resamples=resamples,
            confidence_level=confidence,
            method="BCa",
            rng=generator,
        ).confidence_interval
        defined = np.isfinite(bounds.low) & np.isfinite(bounds.high)
        # A mean of resampled values can leave their range by a rounding.
        low[spread] = np.where(defined, np.maximum(bounds.low, least[spread]), least[spread])
        high[spread] = np.where(defined, np.minimum(bounds.high, most[spread]), most[spread])
    return low, high


def compare(
    first: Sequence[float] | Floats,
    second: Sequence[float] | Floats,
    confidence: float,
    resamples: int,
    generator: np.random.Generator,
) -> Comparison:
    """Compare two models over paired seeds: `first[i]` and `second[i]` come from the same seed.

    Raises:
        ValueError: the two have different lengths, are empty or hold a number that is not finite.
    """
    one, other = _checked(first), _checked(second)
    if len(one) != len(other):
        raise ValueError(f"paired seeds need equal counts, got {len(one)} and {len(other)}")
    differences = one - other
    differences[np.abs(differences) <= ROUNDING] = 0.0
    summary = summarise(differences, confidence, resamples, generator)
    return Comparison(
        mean=summary.mean,
        low=summary.low,
        high=summary.high,
        p_value=sign_flip_test(differences, generator),
        probability_greater=probability_greater(one, other),
        n=summary.n,
    )


def sign_flip_test(differences: Sequence[float] | Floats, generator: np.random.Generator) -> float:
    """Two-sided p of "the differences are as likely positive as negative", over all 2^n patterns of signs.

    Args:
        differences: one a seed.
        generator: draws the patterns where there are more than 2^14.
    """
    from scipy import stats

    sample = _checked(differences)
    if len(sample) == 1 or not np.any(sample):
        return 1.0
    result = stats.permutation_test(
        (sample,),
        np.mean,
        permutation_type="samples",
        n_resamples=2**EXACT_SIGN_FLIPS,
        vectorized=True,
        axis=-1,
        rng=generator,
    )
    return float(result.pvalue)


def smallest_p(n: int) -> float:
    """The smallest two-sided p that a sign-flip test over n seeds can give: 2^(1-n)."""
    return min(1.0, 2.0 ** (1 - n))


def seeds_needed(level: float) -> int:
    """The fewest seeds with which the sign-flip test can reach p <= level."""
    # The tolerance keeps 1 - 0.75 at 0.25 although floats put it a rounding below.
    return max(1, math.ceil(1 - math.log2(level) - 1e-9))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p values adjusted for the whole family, in the order given.

    The k-th smallest of m (k from 0) is multiplied by m - k, never falls below its predecessor and never exceeds 1.

    Source: Holm 1979. scipy.stats has Benjamini-Hochberg alone (false_discovery_control).
    """
    if not p_values:
        return []
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    result = np.empty_like(p)
    result[order] = adjusted
    return [float(value) for value in result]


def probability_greater(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> float:
    """P(A > B) + P(A = B) / 2 over all pairs of a run of A and a run of B: the Mann-Whitney U statistic, scaled."""
    differences = _checked(first)[:, None] - _checked(second)
    differences[np.abs(differences) <= ROUNDING] = 0.0
    return float(0.5 + 0.5 * np.sign(differences).mean())


def proportion_interval(correct: int, total: int, confidence: float) -> tuple[float, float]:
    """Wilson interval of a share of examples: the uncertainty within one seed.

    Raises:
        ValueError: not 0 <= correct <= total, or total < 1.
    """
    from scipy import stats

    if not 0 <= correct <= total or total < 1:
        raise ValueError(f"a share needs 0 <= correct <= total and total >= 1, got {correct} of {total}")
    bounds = stats.binomtest(correct, total).proportion_ci(confidence, method="wilson")
    return float(bounds.low), float(bounds.high)


def _checked(values: Sequence[float] | Floats) -> Floats:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample):
        raise ValueError(f"needs one number a seed, got shape {sample.shape}")
    if not np.isfinite(sample).all():
        raise ValueError(f"needs finite numbers, got {sample.tolist()}")
    return sample
