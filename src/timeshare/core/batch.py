"""The batch that passes from data to models: plain tensors, so that it needs neither of the two."""

from typing import NamedTuple

from torch import Tensor


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
