"""What the batches of an epoch cost and how well they are shuffled: bucketing trades chance for less padding."""

from typing import NamedTuple

import numpy as np

from timeshare.core.prepared.sampler import BatchPlan, BatchSampler


class ShuffleQuality(NamedTuple):
    """Two figures that are near 0 for a good shuffle.

    Attributes:
        length_correlation: Spearman's rank correlation, in [-1, 1], of the padded lengths of each batch and the next;
            1 if batches come sorted by length. 0 if all batches have one length.
        repeated_pairs: of the pairs of examples that share a batch in one epoch, the share in [0, 1] that share one in
            the next as well; 1 if batches never change. 0 if no batch holds a pair.
    """

    length_correlation: float
    repeated_pairs: float


def epoch_figures(sampler: BatchSampler) -> dict[str, float]:
    """The figures of a sampler's first epoch, to be logged with a run.

    Returns:
        `steps`, `distinct_lengths` (padded lengths that occur), `cells`, `tokens` (real ones), `padding_waste` (the
        share of the cells that is padding), and the two of `ShuffleQuality` against the second epoch.
    """
    plan = sampler.plan(0)
    quality = shuffle_quality(plan, sampler.plan(1))
    return {
        "steps": len(plan),
        "distinct_lengths": len(np.unique(plan.steps[:, 3])),
        "cells": plan.cells,
        "tokens": _tokens(sampler),
        "padding_waste": padding_waste(sampler),
        **quality._asdict(),
    }


def padding_waste(sampler: BatchSampler) -> float:
    """The share of the cells of a sampler's first epoch that is padding, in [0, 1)."""
    cells = sampler.plan(0).cells
    return 1.0 - _tokens(sampler) / cells if cells else 0.0


def shuffle_quality(plan: BatchPlan, next_plan: BatchPlan) -> ShuffleQuality:
    """Measure the plans of two epochs that follow each other over the same buckets.

    The length correlation is that of the first.
    """
    return ShuffleQuality(_length_correlation(plan), _repeated_pairs(plan, next_plan))


def _tokens(sampler: BatchSampler) -> int:
    return sum(int(np.sum(lengths, dtype=np.int64)) for lengths in sampler.lengths)


def _length_correlation(plan: BatchPlan) -> float:
    lengths = plan.steps[:, 3]
    before, after = _ranks(lengths[:-1]), _ranks(lengths[1:])
    if len(lengths) < 3 or np.ptp(before) == 0 or np.ptp(after) == 0:
        return 0.0
    return float(np.corrcoef(before, after)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """float64 [N]: the rank of each value, that of equals their mean; scipy's takes longer to import than to use."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def _repeated_pairs(plan: BatchPlan, next_plan: BatchPlan) -> float:
    step, next_step = _step_of_rows(plan), _step_of_rows(next_plan)
    shared = _pairs(np.unique(step * len(next_plan) + next_step, return_counts=True)[1])
    pairs = _pairs(np.bincount(step))
    return shared / pairs if pairs else 0.0


def _step_of_rows(plan: BatchPlan) -> np.ndarray:
    """The step each row is in, int64 [rows], the rows of all buckets one after the other."""
    firsts = np.cumsum([0, *(len(order) for order in plan.orders)])
    steps = np.empty(firsts[-1], dtype=np.int64)
    for step, (bucket, start, stop, _) in enumerate(plan.steps.tolist()):
        steps[firsts[bucket] + plan.orders[bucket][start:stop]] = step
    return steps


def _pairs(sizes: np.ndarray) -> int:
    """The pairs within groups of these sizes."""
    return int(np.sum(sizes.astype(np.int64) * (sizes - 1)) // 2)
