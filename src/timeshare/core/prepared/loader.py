"""The loader that a training or evaluation loop iterates: a sampler's plan, gathered batch by batch."""

from collections.abc import Iterator
from typing import Any

from timeshare.core.batch import Batch
from timeshare.core.prepared.sampler import BatchSampler
from timeshare.core.prepared.store import Split


class BucketLoader:
    """Iterates the batches of one epoch; an epoch holds every example once.

    It does what Lightning asks of a training loader: `len`, `sampler.set_epoch` before each epoch, and `state_dict`
    and `load_state_dict`, which put the place inside the epoch into the checkpoint. A gather takes microseconds, so
    there are no worker processes.

    Args:
        split: where the batches are gathered from.
        sampler: the plan, made for the split's buckets.
    Raises:
        ValueError: the sampler was made for other buckets.
    """

    # Lightning looks for one beside `sampler`; None makes it take the sampler itself.
    batch_sampler = None

    def __init__(self, split: Split, sampler: BatchSampler) -> None:
        rows = tuple(map(len, split.bucket_lengths))
        if (sampler.rows, sampler.bounds) != (rows, split.bounds):
            raise ValueError(f"the sampler's buckets of {sampler.rows} rows are not the {rows} of split {split.name}")
        self.split = split
        self.sampler = sampler

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[Batch]:
        for index in self.sampler:
            yield self.split.gather(*index)

    def state_dict(self) -> dict[str, Any]:
        """The sampler's state."""
        return self.sampler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a sampler's state."""
        self.sampler.load_state_dict(state)
