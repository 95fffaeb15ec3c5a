"""A scheme from outside the package, as a user would write one: in a module of no package."""

from collections.abc import Sequence

import torch
from torch import Tensor

from timeshare.nn import Sharing

NO_SCHEME = 3


class Alternating(Sharing):
    """Sets that take turns, each for some steps."""

    def __init__(self, extent: int, steps: int, num_sets: int, shift: int = 0) -> None:
        super().__init__(num_sets, extent)
        self.steps = steps
        self.shift = shift

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [(number + self.shift) // self.steps % self.num_sets for number in numbers]


class FailsToBuild(Sharing):
    def __init__(self, extent: int) -> None:
        super().__init__(2)
        raise RuntimeError("two\nlines")


class NeedsNumbers(Sharing):
    def __init__(self, extent: int) -> None:
        super().__init__(2)
        self.steps = torch.arange(extent).tolist()


class DoesNothing(Sharing):
    def __init__(self, extent: int) -> None:
        super().__init__(2)


class FailsToMix(DoesNothing):
    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        raise KeyError("phi")


class Transposed(DoesNothing):
    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        return torch.ones(2, len(numbers))


class TakesAnything(Sharing):
    def __init__(self, extent: int, **options: float) -> None:
        super().__init__(2, extent)


class ReadsDropout(Sharing):
    def __init__(self, extent: int, dropout: float = 0.0) -> None:
        super().__init__(2, extent)
