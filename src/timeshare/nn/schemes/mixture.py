"""Weights that are a learned mixture of a few sets at each step."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from timeshare.nn.choices import Beyond
from timeshare.nn.memory import DeviceConstants
from timeshare.nn.schemes.sharing import Sharing, within_extent, within_open_extent


class Mixture(Sharing):
    """Learned proportions, on the simplex, of K sets at each step (mixLSTM; Oh et al., MLHC 2019).

    The proportions are the softmax of `logits` [extent, K]. Weight decay has no business there: the sets carry the
    scale, the logits only the choice (soft sharing; Savarese & Maire 2019).
    """

    def __init__(self, num_sets: int, extent: int, beyond: Beyond = "hold") -> None:
        super().__init__(num_sets, extent, beyond)
        self.steps = extent
        self.logits = nn.Parameter(torch.zeros(extent, num_sets))
        self.constants = DeviceConstants()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        nn.init.normal_(self.logits, generator=generator)

    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        index = torch.tensor(within_extent(numbers, self.steps, self.beyond))
        return self.logits.softmax(dim=1)[self.constants.on(self.logits.device, index)]

    def at(self, numbers: Tensor) -> Tensor:
        index = within_open_extent(numbers, self.steps, self.beyond).to(self.logits.device)
        return self.logits.softmax(dim=1).index_select(0, index)
