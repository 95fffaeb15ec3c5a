"""Initial weights from a generator that is passed in: as torch.nn draws them, and what recurrent layers have else."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from timeshare.nn.choices import RecurrentInit, Start


@dataclass(frozen=True)
class RecurrentStart:
    """What the sets of weights of a recurrent layer are before training.

    Attributes:
        sets: whether the K sets are drawn independently of each other, or all are the first.
        recurrent: how W_hh is drawn; 'uniform': as all else; 'orthogonal': each gate's [H, H] is a random orthogonal
            matrix, which keeps the length of what it is multiplied with (Saxe et al. 2014).
        forget_bias: the forget gate's bias, the sum of its two, in every unit (Gers et al. 2000; Jozefowicz et al. 2015
            recommend 1); None: drawn as all else.
    """

    sets: Start = "independent"
    recurrent: RecurrentInit = "uniform"
    forget_bias: float | None = None


def draw_uniform(parameters: Iterable[Tensor], size: int, generator: torch.Generator | None) -> None:
    """Fill parameters from U(-1 / sqrt(size), 1 / sqrt(size)), in their order; generator None: torch's own."""
    bound = 1 / math.sqrt(size)
    for parameter in parameters:
        nn.init.uniform_(parameter, -bound, bound, generator=generator)


@torch.no_grad()
def draw_orthogonal(matrices: Tensor, generator: torch.Generator | None) -> None:
    """Fill square matrices [..., H, H] with orthogonal ones, each of these as likely; generator None: torch's own.

    Source: the Q of a Gaussian matrix, with the signs that make R's diagonal positive, is uniform (Mezzadri 2007).
    """
    q, r = torch.linalg.qr(torch.empty_like(matrices).normal_(generator=generator))
    matrices.copy_(q * r.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2))


def linear(size: int, outputs: int, generator: torch.Generator | None) -> nn.Linear:
    """torch.nn.Linear with its usual initial weights, drawn from the generator."""
    layer = nn.utils.skip_init(nn.Linear, size, outputs, device=torch.get_default_device())
    draw_uniform(layer.parameters(), size, generator)
    return layer
