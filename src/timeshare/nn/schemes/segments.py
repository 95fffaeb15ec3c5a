"""Weights that change at some steps and stay between them."""

import math
from bisect import bisect_right
from collections.abc import Sequence

import torch
from torch import Tensor

from timeshare.nn.choices import Beyond
from timeshare.nn.schemes.sharing import Sharing, within_extent, within_open_extent


class Segments(Sharing):
    """Consecutive blocks of time, each with its own set (shiftLSTM; Oh et al., MLHC 2019).

    Args:
        extent: steps that the blocks cover.
        num_sets: blocks, as equal in length as whole steps allow; may be left out when bounds are given.
        bounds: the first step of each block but the first, ascending.
        beyond: the rule for steps outside the extent.
    """

    def __init__(
        self,
        extent: int,
        num_sets: int | None = None,
        bounds: tuple[int, ...] | None = None,
        beyond: Beyond = "hold",
    ) -> None:
        if bounds is None:
            if num_sets is None:
                raise ValueError("sharing 'segments' needs num_sets or bounds")
            if num_sets > extent:
                raise ValueError(f"{num_sets} segments need an extent of as many steps; it is {extent}")
            bounds = tuple(math.ceil(k * extent / num_sets) for k in range(1, num_sets))
        elif num_sets not in (None, len(bounds) + 1):
            raise ValueError(f"{len(bounds)} bounds make {len(bounds) + 1} segments, but num_sets is {num_sets}")
        if list(bounds) != sorted(set(bounds)) or (bounds and (bounds[0] < 1 or bounds[-1] >= extent)):
            raise ValueError(f"bounds must ascend within 1 .. {extent - 1}; they are {bounds}")
        super().__init__(len(bounds) + 1, extent, beyond)
        self.steps = extent
        self.bounds = tuple(bounds)

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [bisect_right(self.bounds, step) for step in within_extent(numbers, self.steps, self.beyond)]

    def at(self, numbers: Tensor) -> Tensor:
        within = within_open_extent(numbers, self.steps, self.beyond)
        return (within.unsqueeze(1) >= torch.tensor(self.bounds, dtype=torch.int64)).sum(1)
