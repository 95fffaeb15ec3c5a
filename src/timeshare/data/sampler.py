"""The batches of an epoch: which rows of which bucket, in which order, the same plan on every process.

A step's batch is planned for all processes together and each takes every world_size-th row of it. So what is learned
does not depend on the number of processes, all of them work on the same padded length at the same time, and a stopped
run can go on with another number of processes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from timeshare.artifacts import digest
from timeshare.seeding import numpy_generator

Shape = tuple[int, int]


class BatchIndex(NamedTuple):
    """One process's share of one step.

    Attributes:
        bucket: the bucket all rows come from.
        rows: int64 [B], rows of the bucket's matrix.
        real: bool [B], False on the rows that only fill up the share.
        total: the real rows of the step over all processes.
    """

    bucket: int
    rows: np.ndarray
    real: np.ndarray
    total: int


@dataclass(frozen=True)
class BatchPlan:
    """All steps of one epoch: every row of every bucket once.

    Attributes:
        orders: for each bucket, int64 [N_b]: its rows in the order they are taken.
        steps: int64 [steps, 3]: bucket, first place (in its order), place after the last.
        lengths: int64 [buckets]: padded length of each bucket in tokens.
    """

    orders: tuple[np.ndarray, ...]
    steps: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.steps)

    def share(self, step: int, rank: int = 0, world_size: int = 1) -> BatchIndex:
        """What process `rank` of `world_size` takes of a step: every world_size-th row from its rank on.

        The shares of a step are equally large. Where the rows do not suffice, the step's first row fills up, not real.
        """
        bucket, start, stop = self.steps[step].tolist()
        rows = self.orders[bucket][start + rank : stop : world_size]
        real = np.ones(-(-(stop - start) // world_size), dtype=bool)
        if len(rows) < len(real):
            real[len(rows) :] = False
            rows = np.append(rows, self.orders[bucket][start])
        return BatchIndex(bucket, rows, real, stop - start)


def plan_epoch(shapes: Sequence[Shape], sizes: Sequence[int], rng: np.random.Generator | None) -> BatchPlan:
    """Cut every bucket into batches; the last of a bucket may be smaller.

    Args:
        shapes: rows and padded length of each bucket.
        sizes: rows of a batch of each bucket.
        rng: shuffles the rows within each bucket and then the steps; None keeps both in order.
    """
    if rng is None:
        orders = tuple(np.arange(rows) for rows, _ in shapes)
    else:
        orders = tuple(rng.permutation(rows) for rows, _ in shapes)
    cuts = [np.arange(0, rows, size) for (rows, _), size in zip(shapes, sizes, strict=True)]
    steps = np.empty((sum(len(starts) for starts in cuts), 3), dtype=np.int64)
    first = 0
    for bucket, ((rows, _), size, starts) in enumerate(zip(shapes, sizes, cuts, strict=True)):
        part = steps[first : first + len(starts)]
        part[:, 0], part[:, 1], part[:, 2] = bucket, starts, np.minimum(starts + size, rows)
        first += len(starts)
    if rng is not None:
        rng.shuffle(steps, axis=0)
    return BatchPlan(orders, steps, np.array([length for _, length in shapes], dtype=np.int64))


class BatchSampler:
    """Iterates one process's share of each step of the current epoch, and can go on from inside it.

    A batch holds at most `batch_size` rows and at most `tokens_per_batch` cells, padding included, over all processes
    together; either limit may be absent. A single row that has more cells than that is a batch of its own.

    Args:
        shapes: rows and padded length of each bucket, as `Split.shapes`.
        batch_size: rows of a step at most, at least 1.
        tokens_per_batch: cells of a step at most, at least 1.
        shuffle: whether the order changes with each epoch; if not, rows come bucket by bucket in order.
        seed: with the epoch, all that the order depends on.
        rank: this process, from 0.
        world_size: number of processes.
    Raises:
        ValueError: neither limit is given, one is under 1, or the rank is not under the world size.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        *,
        batch_size: int | None = None,
        tokens_per_batch: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        limits = [limit for limit in (batch_size, tokens_per_batch) if limit is not None]
        if not limits or min(limits) < 1:
            raise ValueError(f"batch_size {batch_size} and tokens_per_batch {tokens_per_batch}: give one, at least 1")
        if not 0 <= rank < world_size:
            raise ValueError(f"rank {rank} is not one of {world_size} processes")
        self.shapes = tuple((int(rows), int(length)) for rows, length in shapes)
        self.sizes = tuple(
            max(1, min(batch_size or rows, tokens_per_batch // length if tokens_per_batch else rows))
            for rows, length in self.shapes
        )
        self.shuffle = shuffle
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.epoch = 0
        self._next_step = 0  # of this epoch: the one that comes after what has been handed out
        self._resume_at = 0  # the step the next iteration starts from

    def __len__(self) -> int:
        """Steps of an epoch, the same in every epoch and on every process."""
        return sum(-(-rows // size) for (rows, _), size in zip(self.shapes, self.sizes, strict=True))

    def plan(self, epoch: int) -> BatchPlan:
        """The plan of an epoch, the same on every process."""
        rng = numpy_generator(self.seed, "batches", epoch) if self.shuffle else None
        return plan_epoch(self.shapes, self.sizes, rng)

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
        plan = digest([self.shapes, self.sizes, self.shuffle, self.seed])
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
