"""One set of weights for every step."""

from collections.abc import Sequence

import torch
from torch import Tensor

from timeshare.nn.schemes.sharing import Sharing


class Shared(Sharing):
    """One set for every step: the ordinary recurrent net."""

    def __init__(self) -> None:
        super().__init__(1)

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [0] * len(numbers)

    def at(self, numbers: Tensor) -> Tensor:
        return torch.zeros_like(numbers)
