"""The K sets of weights as the fast loop reads them: a window of steps at a time, and their gradients likewise.

A window is a run of steps that either share one set or use consecutive sets, so that it reads slices, never copies, and
so that its weight gradients are one batched matrix product. Mixed sets (a mixture, a basis) are formed for the window
at hand only: memory does not grow with time.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from timeshare.nn.memory import RecycledMemory

FORMED_BYTES = 8 << 20  # of a window's formed weights: what the processor's cache holds beside the rest


class Window(NamedTuple):
    """Steps start .. stop - 1; they use set `first` (and where not `constant`, the sets after it, one a step)."""

    start: int
    stop: int
    first: int
    constant: bool


def plan_windows(picks: Sequence[int], size: int) -> list[Window]:
    """Cut steps into even windows of at most `size`, each on one set or on consecutive sets.

    >>> [tuple(window) for window in plan_windows([0, 1, 2, 2, 2], 8)]
    [(0, 3, 0, False), (3, 5, 2, True)]
    """
    windows: list[Window] = []
    for run_start, run_stop, constant in _runs(picks):
        for start, stop in _even(run_start, run_stop, size):
            windows.append(Window(start, stop, picks[start], constant))
    return windows


def _runs(picks: Sequence[int]) -> Iterator[tuple[int, int, bool]]:
    """(start, stop, constant): the longest runs of one set or of consecutive sets, in order."""
    start = 0
    while start < len(picks):
        same = rising = start + 1
        while same < len(picks) and picks[same] == picks[start]:
            same += 1
        while rising < len(picks) and picks[rising] == picks[start] + rising - start:
            rising += 1
        yield start, max(same, rising), same >= rising
        start = max(same, rising)


def _even(start: int, stop: int, size: int) -> list[tuple[int, int]]:
    """Cut start .. stop - 1 into pieces of at most `size`, as equal as whole steps allow."""
    pieces = math.ceil((stop - start) / size)
    bounds = [start + (stop - start) * piece // pieces for piece in range(pieces + 1)]
    return list(pairwise(bounds))


Weights = tuple[Tensor, Tensor, Tensor]  # weight_ih [K, G*H, E], weight_hh [K, G*H, H], bias [K, G*H]


class PickedSets:
    """One set for each step."""

    def __init__(self, weights: Weights, picks: Sequence[int], size: int, memory: RecycledMemory) -> None:
        self.weights = weights
        self.memory = memory
        self.windows = plan_windows(picks, size)

    def read(self, window: Window) -> Weights:
        """The weights of the window's steps, stacked over them (views)."""
        steps = window.stop - window.start
        if window.constant:
            chosen = slice(window.first, window.first + 1)
            weight_ih, weight_hh, bias = (weight[chosen].expand(steps, *weight.shape[1:]) for weight in self.weights)
        else:
            chosen = slice(window.first, window.first + steps)
            weight_ih, weight_hh, bias = (weight[chosen] for weight in self.weights)
        return weight_ih, weight_hh, bias

    def start_gradients(self, needs_coefficients: bool = False) -> None:
        self.gradients = [self.memory.empty(tuple(weight.shape), weight) for weight in self.weights]
        self._written = [False] * len(self.weights[0])

    def add_gradients(self, window: Window, gates: Tensor, inputs: Tensor, hidden: Tensor) -> None:
        """Add the window's share: gates [n, G*H, B] times inputs [n, E, B] and hidden [n, H, B], transposed."""
        count = 1 if window.constant else window.stop - window.start
        chosen = range(window.first, window.first + count)
        fresh = not any(self._written[k] for k in chosen)
        for k in chosen:
            if not fresh and not self._written[k]:
                for gradient in self.gradients:
                    gradient[k].zero_()
            self._written[k] = True
        keep = 0 if fresh else 1
        where = slice(chosen.start, chosen.stop)
        grad_ih, grad_hh, grad_bias = (gradient[where] for gradient in self.gradients)
        for gradient, right in ((grad_ih, inputs.transpose(1, 2)), (grad_hh, hidden.transpose(1, 2))):
            if window.constant:
                torch.addbmm(gradient[0], gates, right, beta=keep, out=gradient[0])
            else:
                torch.baddbmm(gradient, gates, right, beta=keep, out=gradient)
        bias_gradient = gates.sum(2).sum(0, keepdim=True) if window.constant else gates.sum(2)
        grad_bias.mul_(keep).add_(bias_gradient) if keep else grad_bias.copy_(bias_gradient)

    def finish_gradients(self) -> tuple[Tensor | None, ...]:
        """(weight_ih, weight_hh, bias, coefficients): the gradients; None for what has none."""
        for k, written in enumerate(self._written):
            if not written:
                for gradient in self.gradients:
                    gradient[k].zero_()
        return (*self.gradients, None)


class MixedSets:
    """Every step its own linear combination of the sets, with coefficients [T, K]."""

    def __init__(self, weights: Weights, coefficients: Tensor, size: int, memory: RecycledMemory) -> None:
        self.weights = weights
        self.coefficients = coefficients
        step_bytes = sum(weight[0].numel() * weight.element_size() for weight in weights)
        self._size = max(min(size, FORMED_BYTES // step_bytes), 4)
        self.windows = [Window(start, stop, 0, False) for start, stop in _even(0, len(coefficients), self._size)]
        self.memory = memory
        self._formed = [self._window_of(weight) for weight in weights]

    def _window_of(self, weight: Tensor) -> Tensor:
        """A step's weight for each of a window's steps, to be filled."""
        return self.memory.empty((self._size, *weight.shape[1:]), weight)

    def read(self, window: Window) -> Weights:
        """The weights of the window's steps, stacked over them; valid until the next window is read."""
        steps = window.stop - window.start
        coefficients = self.coefficients[window.start : window.stop]
        for weight, formed in zip(self.weights, self._formed, strict=True):
            torch.mm(coefficients, weight.flatten(1), out=formed[:steps].flatten(1))
        weight_ih, weight_hh, bias = (formed[:steps] for formed in self._formed)
        return weight_ih, weight_hh, bias

    def start_gradients(self, needs_coefficients: bool = True) -> None:
        self.gradients = [torch.zeros_like(weight) for weight in self.weights]
        self._coefficient_gradient = torch.zeros_like(self.coefficients) if needs_coefficients else None
        self._products = [self._window_of(weight) for weight in self.weights[:2]]

    def add_gradients(self, window: Window, gates: Tensor, inputs: Tensor, hidden: Tensor) -> None:
        """Add the window's share: gates [n, G*H, B] times inputs [n, E, B] and hidden [n, H, B], transposed."""
        steps = slice(window.start, window.stop)
        by_input, by_hidden = (product[: window.stop - window.start] for product in self._products)
        torch.bmm(gates, inputs.transpose(1, 2), out=by_input)
        torch.bmm(gates, hidden.transpose(1, 2), out=by_hidden)
        coefficients = self.coefficients[steps]
        products = (by_input, by_hidden, gates.sum(2))
        for product, weight, gradient in zip(products, self.weights, self.gradients, strict=True):
            gradient.flatten(1).addmm_(coefficients.t(), product.flatten(1))
            if self._coefficient_gradient is not None:
                self._coefficient_gradient[steps].addmm_(product.flatten(1), weight.flatten(1).t())

    def finish_gradients(self) -> tuple[Tensor | None, ...]:
        """(weight_ih, weight_hh, bias, coefficients): the gradients."""
        return (*self.gradients, self._coefficient_gradient)
