"""Initial weights as torch.nn draws them, from a generator that is passed in."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn


def draw_uniform(parameters: Iterable[Tensor], size: int, generator: torch.Generator | None) -> None:
    """Fill parameters from U(-1 / sqrt(size), 1 / sqrt(size)), in their order; generator None: torch's own."""
    bound = 1 / math.sqrt(size)
    for parameter in parameters:
        nn.init.uniform_(parameter, -bound, bound, generator=generator)


def linear(size: int, outputs: int, generator: torch.Generator | None) -> nn.Linear:
    """torch.nn.Linear with its usual initial weights, drawn from the generator."""
    layer = nn.utils.skip_init(nn.Linear, size, outputs, device=torch.get_default_device())
    draw_uniform(layer.parameters(), size, generator)
    return layer
