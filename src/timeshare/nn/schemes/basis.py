"""Weights that are a smooth function of time."""

import math
from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor

from timeshare.nn.choices import BasisName, check_choice
from timeshare.nn.schemes.sharing import Sharing


class Basis(Sharing):
    """Fixed smooth functions of u = t / scale, defined for every t (Massaroli et al. 2020, over depth).

    - 'fourier': 1, cos 2 pi u, sin 2 pi u, cos 4 pi u, ...
    - 'polynomial': 1, u, u^2, ...
    - 'rbf': Gaussian bumps at K even places of u in [0, 1], as wide as they are apart, normalised to sum to 1; the
      nearest bump wins outside.
    - 'constant': 1 / K each.

    The first set of 'fourier' and 'polynomial' is what all steps share, and the others are deviations from it: these
    start at zero, so that training starts from a shared net.

    Args:
        num_sets: K, the functions.
        basis: which functions.
        scale: steps to one unit of time.
        extent: the scale, where that is not given.
    """

    def __init__(
        self, num_sets: int, basis: BasisName = "fourier", scale: float | None = None, extent: int | None = None
    ) -> None:
        super().__init__(num_sets)
        check_choice("basis", basis, get_args(BasisName))
        scale = extent if scale is None else scale
        if scale is None:
            raise ValueError("sharing 'basis' needs scale or extent")
        if not 0 < scale < math.inf:
            raise ValueError(f"scale must be above 0 steps, and finite; it is {scale}")
        self.basis = basis
        self.scale = scale
        if basis in ("fourier", "polynomial"):
            self.random_sets = 1

    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        return self.at(torch.tensor(list(numbers)))

    def at(self, numbers: Tensor) -> Tensor:
        time = numbers.to(torch.float64).unsqueeze(1) / self.scale
        order = torch.arange(self.num_sets, dtype=torch.float64)
        if self.basis == "fourier":
            angle = 2 * math.pi * ((order + 1) // 2) * time
            return torch.where(order % 2 == 0, torch.where(order == 0, 1.0, angle.sin()), angle.cos())
        if self.basis == "polynomial":
            return time**order
        if self.basis == "rbf":
            spacing = 1 / max(self.num_sets - 1, 1)
            return (-(((time - order * spacing) / spacing) ** 2) / 2).softmax(dim=1)
        return torch.full((len(numbers), self.num_sets), 1 / self.num_sets, dtype=torch.float64)

    def extra_repr(self) -> str:
        return f"basis={self.basis!r}, num_sets={self.num_sets}, scale={self.scale}"
