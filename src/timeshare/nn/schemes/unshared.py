"""Weights of its own for each step."""

from collections.abc import Sequence

from torch import Tensor

from timeshare.nn.choices import Beyond
from timeshare.nn.schemes.sharing import Sharing, within_extent, within_open_extent


class Unshared(Sharing):
    """A set for each step of the extent."""

    def __init__(self, extent: int, beyond: Beyond = "hold") -> None:
        super().__init__(extent, extent, beyond)
        self.steps = extent

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return within_extent(numbers, self.steps, self.beyond)

    def at(self, numbers: Tensor) -> Tensor:
        return within_open_extent(numbers, self.steps, self.beyond)
