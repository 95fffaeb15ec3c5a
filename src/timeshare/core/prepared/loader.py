"""The loader that a training or evaluation loop iterates: each epoch's plan, gathered batch by batch."""

from collections.abc import Iterator
from typing import Self

from timeshare.core.batch import Batch
from timeshare.core.prepared.plan import BatchIndex, BatchPlan, plan_epoch
from timeshare.core.prepared.store import Split
from timeshare.core.seeding import numpy_generator


class BatchLoader:
    """Iterates one process's share of each step of the current epoch; an epoch holds every example once.

    A batch holds at most `batch_size` rows and at most `tokens_per_batch` entries, padding included, over all processes
    together; either limit may be absent. A single row that has more entries than that is a batch of its own. A gather
    takes microseconds, so there are no worker processes.

    Args:
        split: where the batches are gathered from.
        batch_size: rows of a step at most, at least 1.
        tokens_per_batch: entries of a step at most, at least 1.
        pool: batches whose rows are sorted by length together and cut to their longest row: less padding for a little
            less chance; 1 neither sorts nor cuts.
        shuffle: whether the order changes with each epoch; if not, rows come bucket by bucket in order.
        seed: with the epoch, all that the order depends on.
        rank: this process, from 0.
        world_size: number of processes.
    Raises:
        ValueError: neither limit is given, one of them or the pool is under 1, or the rank is not under the world size.
    """

    # Lightning looks for one beside `sampler`; None makes it take the sampler itself.
    batch_sampler = None

    def __init__(
        self,
        split: Split,
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
        self.split = split
        self.sizes = tuple(
            max(1, min(batch_size or rows, tokens_per_batch // bound if tokens_per_batch else rows))
            for rows, bound in zip(map(len, split.bucket_lengths), split.bounds, strict=True)
        )
        self.pool = pool
        self.shuffle = shuffle
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.epoch = 0

    def __len__(self) -> int:
        """Steps of an epoch, the same in every epoch and on every process."""
        return sum(-(-len(rows) // size) for rows, size in zip(self.split.bucket_lengths, self.sizes, strict=True))

    def __iter__(self) -> Iterator[Batch]:
        for index in self.shares():
            yield self.split.gather(*index)

    def shares(self) -> Iterator[BatchIndex]:
        """What this process gathers in the current epoch, step by step."""
        # A generator: Lightning calls iter() before set_epoch(), so nothing may be decided until the first batch.
        plan = self.plan(self.epoch)
        for step in range(len(plan)):
            yield plan.share(step, self.rank, self.world_size)

    def plan(self, epoch: int) -> BatchPlan:
        """The plan of an epoch, the same on every process."""
        rng = numpy_generator(self.seed, "batches", epoch) if self.shuffle else None
        return plan_epoch(self.split.bucket_lengths, self.split.bounds, self.sizes, rng, self.pool)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration goes through."""
        self.epoch = epoch

    @property
    def sampler(self) -> Self:
        """Itself: Lightning calls the `set_epoch` of a loader's sampler before each epoch."""
        return self
