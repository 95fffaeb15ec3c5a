"""Weights that repeat."""

from collections.abc import Sequence

from torch import Tensor

from timeshare.nn.schemes.sharing import Sharing


class Periodic(Sharing):
    """`num_sets` sets in turn: step t uses set t mod K."""

    def __init__(self, num_sets: int) -> None:
        super().__init__(num_sets)

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [number % self.num_sets for number in numbers]

    def at(self, numbers: Tensor) -> Tensor:
        return numbers.remainder(self.num_sets)
