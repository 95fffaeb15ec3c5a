"""Bucket bounds: which padded lengths the texts are sorted into, and how many entries that wastes.

A bucket of bound T holds the texts longer than the bound before it and of at most T tokens, each padded to T. Bounds
are ascending tuples of lengths in tokens, and the last one is at least the longest text.
"""

from typing import Literal

import numpy as np

from timeshare.core.prepared.layout import padding_waste

Layout = Literal["padding", "bucketing", "exact"]
Method = Literal["optimal", "quantile"] | tuple[int, ...]


def bounds_for(lengths: np.ndarray, layout: Layout, method: Method, buckets: int) -> tuple[int, ...]:
    """The bounds of a layout.

    Args:
        lengths: int [N], tokens of each text, at least 1.
        layout: `padding` has one bucket, `exact` one for each length, `bucketing` those of `method`.
        method: `optimal`, `quantile` or the bounds themselves.
        buckets: how many, where `method` does not give them.
    Returns:
        Ascending bounds, none of them beyond the first that holds the longest text; () if there is no text.
    """
    if len(lengths) == 0:
        return ()
    if layout == "padding":
        return (int(np.max(lengths)),)
    if layout == "exact":
        return exact_bounds(lengths)
    if method == "optimal":
        return optimal_bounds(lengths, buckets)
    if method == "quantile":
        return quantile_bounds(lengths, buckets)
    return given_bounds(lengths, method)


def extended_bounds(
    bounds: tuple[int, ...], lengths: np.ndarray, layout: Layout, method: Method, buckets: int
) -> tuple[int, ...]:
    """The bounds of another split: those of the training split, and further ones for texts longer than these hold.

    The layout `exact` takes the split's own lengths, since none of its texts is padded.
    """
    if layout == "exact":
        return exact_bounds(lengths)
    further = bounds_for(lengths[lengths > bounds[-1]], layout, method, buckets)
    return bounds + tuple(bound for bound in further if bound > bounds[-1])


def optimal_bounds(lengths: np.ndarray, buckets: int) -> tuple[int, ...]:
    """The bounds, `buckets` at most, that minimise the padded entries.

    With the distinct lengths l_1 < ... < l_m, and C_j texts of at most l_j tokens, the fewest entries of the texts
    up to l_j in k buckets are  D_k(j) = min_{i < j} D_{k-1}(i) + l_j (C_j - C_i),  and the last bound is always l_m.
    Ties take the smallest i. Exact dynamic programming, O(buckets m^2) time and O(buckets m) memory.

    Args:
        lengths: int [N], N >= 1.
        buckets: at least 1.
    """
    distinct, counts = _histogram(lengths)
    up_to = np.concatenate(([0], np.cumsum(counts)))  # [m + 1]: texts of the first j distinct lengths
    size = len(distinct)
    entries = np.full(size + 1, np.iinfo(np.int64).max // 2)
    entries[0] = 0
    before = []  # before[k][j]: distinct lengths covered by the first k buckets, when the first k + 1 cover j
    for _ in range(min(buckets, size)):
        fewest, came_from = np.full_like(entries, np.iinfo(np.int64).max // 2), np.zeros(size + 1, dtype=np.int64)
        for j in range(1, size + 1):
            candidates = entries[:j] + distinct[j - 1] * (up_to[j] - up_to[:j])
            came_from[j] = np.argmin(candidates)
            fewest[j] = candidates[came_from[j]]
        entries = fewest
        before.append(came_from)
    bounds = []
    covered = size
    for came_from in reversed(before):
        bounds.append(int(distinct[covered - 1]))
        covered = int(came_from[covered])
    return tuple(reversed(bounds))


def quantile_bounds(lengths: np.ndarray, buckets: int) -> tuple[int, ...]:
    """Lengths at the quantiles 1/buckets, 2/buckets, ..., 1: buckets of nearly equal numbers of texts, N >= 1."""
    shares = np.arange(1, buckets + 1) / buckets
    return tuple(int(bound) for bound in np.unique(np.quantile(lengths, shares, method="inverted_cdf")))


def given_bounds(lengths: np.ndarray, bounds: tuple[int, ...]) -> tuple[int, ...]:
    """`bounds` in order, extended by the longest length if they are too short for it, without those beyond it."""
    longest = int(np.max(lengths))
    shorter = tuple(sorted(bound for bound in set(bounds) if bound < longest))
    return (*shorter, min((bound for bound in bounds if bound >= longest), default=longest))


def exact_bounds(lengths: np.ndarray) -> tuple[int, ...]:
    """Every length that occurs: no text is padded."""
    return tuple(int(bound) for bound in _histogram(lengths)[0])


def bucket_of(lengths: np.ndarray, bounds: tuple[int, ...]) -> np.ndarray:
    """The bucket of each text: the index of the first bound that is at least its length, int64 [N].

    Raises:
        ValueError: a text is longer than the last bound.
    """
    if len(lengths) and (not bounds or np.max(lengths) > bounds[-1]):
        raise ValueError(f"a text of {int(np.max(lengths))} tokens is beyond the bounds {bounds}")
    return np.searchsorted(np.asarray(bounds, dtype=lengths.dtype), lengths, side="left")


def waste_of_bounds(lengths: np.ndarray, bounds: tuple[int, ...]) -> float:
    """The share of the entries that are padding when the texts are padded to `bounds`, in [0, 1)."""
    entries = np.asarray(bounds, dtype=np.int64)[bucket_of(lengths, bounds)]
    return padding_waste(int(np.sum(lengths, dtype=np.int64)), int(entries.sum()))


def _histogram(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct lengths in ascending order and how many texts have each, both int64."""
    counts = np.bincount(lengths) if len(lengths) else np.zeros(0, dtype=np.int64)
    distinct = np.flatnonzero(counts)
    return distinct, counts[distinct]
