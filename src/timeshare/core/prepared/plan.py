"""The batches of an epoch: which rows of which bucket, in which order, the same plan on every process.

A step's batch is planned for all processes together and each takes every world_size-th row of it. So what is learned
does not depend on the number of processes, all of them work on the same padded length at the same time, and a stopped
run can go on with another number of processes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class BatchIndex(NamedTuple):
    """One process's share of one step.

    Attributes:
        bucket: the bucket all rows come from.
        rows: int64 [B], rows of the bucket's matrix.
        length: padded length of the step in tokens, the same on every process; at most the bucket's.
        real: bool [B], False on the rows that only fill up the share.
        total: the real rows of the step over all processes.
    """

    bucket: int
    rows: np.ndarray
    length: int
    real: np.ndarray
    total: int


@dataclass(frozen=True)
class BatchPlan:
    """All steps of one epoch: every row of every bucket once.

    Attributes:
        orders: for each bucket, int64 [N_b]: its rows in the order they are taken.
        steps: int64 [steps, 4]: bucket, first place (in its order), place after the last, padded length in tokens.
    """

    orders: tuple[np.ndarray, ...]
    steps: np.ndarray

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def entries(self) -> int:
        """Entries of all steps' matrices, padding included."""
        return int(np.sum((self.steps[:, 2] - self.steps[:, 1]) * self.steps[:, 3]))

    def share(self, step: int, rank: int = 0, world_size: int = 1) -> BatchIndex:
        """What process `rank` of `world_size` takes of a step: every world_size-th row from its rank on.

        The shares of a step are equally large. Where the rows do not suffice, the step's first row fills up, not real.
        """
        bucket, start, stop, length = self.steps[step].tolist()
        rows = self.orders[bucket][start + rank : stop : world_size]
        real = np.ones(-(-(stop - start) // world_size), dtype=bool)
        if len(rows) < len(real):
            real[len(rows) :] = False
            rows = np.append(rows, self.orders[bucket][start])
        return BatchIndex(bucket, rows, length, real, stop - start)


def plan_epoch(
    lengths: Sequence[np.ndarray],
    bounds: Sequence[int],
    sizes: Sequence[int],
    rng: np.random.Generator | None,
    pool: int = 1,
) -> BatchPlan:
    """Cut every bucket into batches; the last of a bucket may be smaller.

    Args:
        lengths: for each bucket, int [N_b]: the tokens of its rows.
        bounds: padded length of each bucket.
        sizes: rows of a batch of each bucket.
        rng: shuffles the rows within each bucket and then the steps; None keeps both in order.
        pool: so many batches' rows, as the shuffle puts them together, are sorted by length, and each batch is then cut
            to its longest row; 1 neither sorts nor cuts.
    """
    orders, parts = [], []
    for bucket, (row_lengths, bound, size) in enumerate(zip(lengths, bounds, sizes, strict=True)):
        rows = len(row_lengths)
        order = np.arange(rows) if rng is None else rng.permutation(rows)
        starts = np.arange(0, rows, size)
        part = np.empty((len(starts), 4), dtype=np.int64)
        part[:, 0], part[:, 1], part[:, 2], part[:, 3] = bucket, starts, np.minimum(starts + size, rows), bound
        if pool > 1:
            ordered = np.asarray(row_lengths)[order]
            by_length = np.lexsort((ordered, np.arange(rows) // (pool * size)))
            order = order[by_length]
            part[:, 3] = np.maximum.reduceat(ordered[by_length], starts)
        orders.append(order)
        parts.append(part)
    steps = np.concatenate(parts) if parts else np.empty((0, 4), dtype=np.int64)
    if rng is not None:
        rng.shuffle(steps, axis=0)
    return BatchPlan(tuple(orders), steps)
