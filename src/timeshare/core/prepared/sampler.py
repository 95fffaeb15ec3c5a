"""The batches of an epoch: which rows of which bucket, in which order, the same plan on every process.

A step's batch is planned for all processes together and each takes every world_size-th row of it. So what is learned
does not depend on the number of processes, all of them work on the same padded length at the same time, and a stopped
run can go on with another number of processes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from timeshare.core.artifacts import digest
from timeshare.core.seeding import numpy_generator


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
    def cells(self) -> int:
        """Cells of all steps, padding included."""
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


class BatchSampler:
    """Iterates one process's share of each step of the current epoch, and can go on from inside it.

    A batch holds at most `batch_size` rows and at most `tokens_per_batch` cells, padding included, over all processes
    together; either limit may be absent. A single row that has more cells than that is a batch of its own.

    Args:
        lengths: for each bucket, int [N_b]: the tokens of its rows.
        bounds: padded length of each bucket in tokens.
        batch_size: rows of a step at most, at least 1.
        tokens_per_batch: cells of a step at most, at least 1.
        pool: batches whose rows are sorted by length together and cut to their longest row: less padding for a little
            less chance; 1 neither sorts nor cuts.
        shuffle: whether the order changes with each epoch; if not, rows come bucket by bucket in order.
        seed: with the epoch, all that the order depends on.
        rank: this process, from 0.
        world_size: number of processes.
    Raises:
        ValueError: neither limit is given, one of them or the pool is under 1, or the rank is not under the world size.
    """

    def __init__(
        self,
        lengths: Sequence[np.ndarray],
        bounds: Sequence[int],
        *,
        batch_size: int | None = None,
        tokens_per_batch: int | None = None,
        pool: int = 1,
        shuffle: bool = True,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        limits = [limit for limit in (batch_size, tokens_per_batch) if limit is not None]
        if not limits or min(limits) < 1:
            raise ValueError(f"batch_size {batch_size} and tokens_per_batch {tokens_per_batch}: give one, at least 1")
        if pool < 1:
            raise ValueError(f"pool {pool}: give at least 1")
        if not 0 <= rank < world_size:
            raise ValueError(f"rank {rank} is not one of {world_size} processes")
        self.lengths = tuple(lengths)
        self.bounds = tuple(int(bound) for bound in bounds)
        self.rows = tuple(len(row_lengths) for row_lengths in self.lengths)
        self.sizes = tuple(
            max(1, min(batch_size or rows, tokens_per_batch // bound if tokens_per_batch else rows))
            for rows, bound in zip(self.rows, self.bounds, strict=True)
        )
        self.pool = pool
        self.shuffle = shuffle
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.epoch = 0
        self._next_step = 0  # of this epoch: the one that comes after what has been handed out
        self._resume_at = 0  # the step the next iteration starts from

    def __len__(self) -> int:
        """Steps of an epoch, the same in every epoch and on every process."""
        return sum(-(-rows // size) for rows, size in zip(self.rows, self.sizes, strict=True))

    def plan(self, epoch: int) -> BatchPlan:
        """The plan of an epoch, the same on every process."""
        rng = numpy_generator(self.seed, "batches", epoch) if self.shuffle else None
        return plan_epoch(self.lengths, self.bounds, self.sizes, rng, self.pool)

    def __iter__(self) -> Iterator[BatchIndex]:
        # A generator: Lightning calls iter() before set_epoch(), so nothing may be decided until the first batch.
        start, self._resume_at = self._resume_at, 0
        plan = self.plan(self.epoch)
        for step in range(start, len(plan)):
            self._next_step = step + 1
            yield plan.share(step, self.rank, self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration goes through; a new one starts at its first step."""
        if epoch != self.epoch:
            self.epoch = epoch
            self._next_step = self._resume_at = 0

    def state_dict(self) -> dict[str, Any]:
        """Where the iteration stands: the epoch, the step that comes next, and what the plan depends on."""
        plan = digest([self.rows, self.bounds, self.sizes, self.pool, self.shuffle, self.seed])
        return {"epoch": self.epoch, "next_step": self._next_step, "steps": len(self), "plan": plan}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken, with any number of processes.

        Raises:
            ValueError: the state stands inside an epoch of other data, batch sizes or seed.
        """
        finished = state["next_step"] == state["steps"]
        if not finished and state["next_step"] > 0 and state["plan"] != self.state_dict()["plan"]:
            raise ValueError("the state is from inside an epoch of other data, batch sizes or seed; start afresh")
        self.epoch = state["epoch"]
        self._next_step = self._resume_at = len(self) if finished else state["next_step"]
