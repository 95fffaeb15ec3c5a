"""What the batches of an epoch cost and how well they are shuffled: bucketing trades chance for less padding."""

import numpy as np

from timeshare.core.prepared.layout import padding_waste
from timeshare.core.prepared.loader import BatchLoader
from timeshare.core.prepared.plan import BatchPlan


def epoch_figures(loader: BatchLoader) -> dict[str, float]:
    """The figures of a loader's first epoch, to be logged with a run.

    Returns:
        `steps`, `distinct_lengths` (padded lengths that occur), `entries` (of all matrices), `tokens` (real ones) and
        `padding_waste` (the share of the entries that is padding); and two that are near 0 for a good shuffle,
        `length_correlation` and `repeated_pairs` (against the second epoch).
    """
    plan = loader.plan(0)
    tokens = sum(int(np.sum(lengths, dtype=np.int64)) for lengths in loader.split.bucket_lengths)
    return {
        "steps": len(plan),
        "distinct_lengths": len(np.unique(plan.steps[:, 3])),
        "entries": plan.entries,
        "tokens": tokens,
        "padding_waste": padding_waste(tokens, plan.entries),
        "length_correlation": length_correlation(plan),
        "repeated_pairs": repeated_pairs(plan, loader.plan(1)),
    }


def length_correlation(plan: BatchPlan) -> float:
    """Spearman's rank correlation, in [-1, 1], of the padded lengths of each batch and the next.

    1 if batches come sorted by length; 0 if all batches have one length.
    """
    lengths = plan.steps[:, 3]
    before, after = _ranks(lengths[:-1]), _ranks(lengths[1:])
    if len(lengths) < 3 or np.ptp(before) == 0 or np.ptp(after) == 0:
        return 0.0
    return float(np.corrcoef(before, after)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """float64 [N]: the rank of each value, that of equals their mean; scipy's takes longer to import than to use."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def repeated_pairs(plan: BatchPlan, next_plan: BatchPlan) -> float:
    """Of the pairs of examples that share a batch in one epoch, the share in [0, 1] that share one in the next as well.

    1 if batches never change; 0 if no batch holds a pair.
    """
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
