"""The batch that passes from data to models: plain tensors, so that it needs neither of the two."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad


class Batch(NamedTuple):
    """One gather from one bucket.

    Attributes:
        tokens: int64 [B, T], token ids, padded with 0.
        lengths: int64 [B], real tokens of each row, at least 1.
        labels: int64 [B], class indices.
        rows: int64 [B], each example's row in its split's raw table.
        real: bool [B], False on the rows that only fill up a process's share of the last step: they count neither in
            the loss nor in a metric.
        total: the real examples of this step over all processes. A process's loss is the sum over its real examples
            times (number of processes / total): the mean of that over processes, which is what DDP takes of the
            gradients, is the mean over the step's examples, as one process would compute it.
    """

    tokens: Tensor
    lengths: Tensor
    labels: Tensor
    rows: Tensor
    real: Tensor
    total: int

    def pinned(self) -> "Batch":
        """The same in memory that stays where it is, from which an NVIDIA card fetches while the host goes on."""
        return Batch(
            self.tokens.pin_memory(),
            self.lengths.pin_memory(),
            self.labels.pin_memory(),
            self.rows.pin_memory(),
            self.real.pin_memory(),
            self.total,
        )


def join_batches(batches: Sequence[Batch], side: Literal["right", "left"]) -> Batch:
    """One batch of several, each padded on `side` to the longest."""
    longest = max(batch.tokens.shape[1] for batch in batches)
    tokens = []
    for batch in batches:
        missing = longest - batch.tokens.shape[1]
        tokens.append(pad(batch.tokens, (missing, 0) if side == "left" else (0, missing)))
    return Batch(
        tokens=torch.cat(tokens),
        lengths=torch.cat([batch.lengths for batch in batches]),
        labels=torch.cat([batch.labels for batch in batches]),
        rows=torch.cat([batch.rows for batch in batches]),
        real=torch.cat([batch.real for batch in batches]),
        total=sum(batch.total for batch in batches),
    )
