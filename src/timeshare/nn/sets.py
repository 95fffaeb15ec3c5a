"""The K sets of weights as the fast loop reads them: a window of steps at a time, and their gradients likewise.

What is asked of them stands here; `picked_sets` and `mixed_sets` do it.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from timeshare.nn.memory import RecycledMemory


class Weights(NamedTuple):
    """K stacked sets; each also stands for its gradients.

    Attributes:
        weight_ih: [K, G * H, E].
        weight_hh: [K, G * H, H].
        bias: [K, G * H], b_ih + b_hh; b_ih alone where the cell keeps the products apart.
        bias_hh: [K, G * H] where it does, else None.
    """

    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor
    bias_hh: Tensor | None


def weights_by_step(weights: Weights, picks: Sequence[int] | None, coefficients: Tensor | None) -> list[Weights]:
    """The weights of each of T steps, differentiable: the picked sets, or mixed by coefficients [T, K]."""
    formed = [stack for stack in weights if stack is not None]
    if coefficients is not None and picks is None:
        formed = [torch.einsum("tk,k...->t...", coefficients, stack) for stack in formed]
    # unbind, not stack[k]: the gradient of an indexed stack is as large as the stack, at every step.
    each = [Weights(*one, *[None] * (4 - len(one))) for one in zip(*(stack.unbind(0) for stack in formed), strict=True)]
    return each if picks is None else [each[k] for k in picks]


class StepWeights(Protocol):
    """What the loop asks of the sets, for a window: n consecutive steps, ascending."""

    def project(self, steps: range, inputs: Tensor, gates: Tensor) -> None:
        """Fill gates [n, G*H, B] with weight_ih times inputs [n, E, B], plus bias."""

    def fill_bias(self, steps: range, by_hidden: Tensor) -> None:
        """Fill [n, G*H, B] with bias_hh."""

    def recurrent(self, steps: range) -> Iterator[Tensor]:
        """weight_hh [G*H, H] of each step; each is valid until the next is asked for."""

    def project_back(self, steps: range, gates: Tensor, inputs: Tensor) -> None:
        """Fill inputs [n, B, E] with gates [n, G*H, B], transposed, times weight_ih."""

    def recurrent_back(self, steps: range) -> Iterator[Tensor]:
        """weight_hh, transposed, [H, G*H], of each step from the last to the first."""

    def start_gradients(self, needs_coefficients: bool) -> None:
        """Before the first window."""

    def add_gradients(self, steps: range, products: tuple[Tensor, Tensor], read: tuple[Tensor, Tensor]) -> None:
        """Add the window's share.

        Args:
            steps: the window.
            products: the gradients of W_ih x + b and of W_hh h + b_hh, each [n, G*H, B].
            read: x [n, E, B] and h [n, H, B].
        """

    def finish_gradients(self) -> tuple[Tensor | None, ...]:
        """(*Weights, coefficients): the gradients; None for what has none."""


def even_ranges(steps: range, size: int) -> list[range]:
    """Cut consecutive steps into pieces of at most `size`, as equal as whole steps allow.

    >>> even_ranges(range(7), 3)
    [range(0, 2), range(2, 4), range(4, 7)]
    """
    pieces = math.ceil(len(steps) / size)
    bounds = [len(steps) * piece // pieces for piece in range(pieces + 1)]
    return [steps[start:stop] for start, stop in pairwise(bounds)]


def room_for(weights: Weights, memory: RecycledMemory) -> list[Tensor]:
    """Where the gradients of the sets go, uninitialised."""
    return [memory.empty(tuple(weight.shape), weight) for weight in weights if weight is not None]


def padded(gradients: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """Gradients for each of Weights, None for what is not there."""
    return (*gradients, *[None] * (len(Weights._fields) - len(gradients)))
