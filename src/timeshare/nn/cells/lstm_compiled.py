"""The fast loop of the LSTM with what is done element by element in one pass, compiled (lstm.c)."""

from collections.abc import Callable, Sequence
from ctypes import CDLL, c_ssize_t, c_void_p
from functools import cache, partial
from pathlib import Path

import torch
from torch import Tensor

from timeshare.nn.cells.contract import Loop
from timeshare.nn.compiled import library_for

_SOURCE = Path(__file__).with_name("lstm.c")


def compiled_loop(like: Tensor) -> Loop | None:
    """LSTMForward and LSTMAdjoint, to rounding, for numbers like these; None where there is no compiler."""
    library = library_for(_SOURCE, like)
    return None if library is None else _loop(library)


@cache
def _loop(library: CDLL) -> Loop:
    forward, backward = library.forward, library.backward
    forward.argtypes = *[c_void_p] * 5, c_ssize_t, c_ssize_t
    backward.argtypes = *[c_void_p] * 4, c_ssize_t, *[c_void_p] * 3, c_ssize_t, c_ssize_t
    forward.restype = backward.restype = None
    return partial(CompiledForward, forward), partial(CompiledAdjoint, backward)


class CompiledForward:
    """LSTMForward, with memory that has the features last, [T, B, ...]: what is copied from and to it is rows."""

    by_hidden = None

    def __init__(
        self, forward: Callable[..., None], like: Tensor, num_steps: int, hidden_size: int, batch_size: int
    ) -> None:
        gates = like.new_empty(num_steps, batch_size, 4 * hidden_size)
        hidden = like.new_empty(num_steps + 1, batch_size, hidden_size)
        cell, squashed = hidden.new_empty(hidden.shape), hidden.new_empty(num_steps, batch_size, hidden_size)
        self.buffers = (gates, hidden, cell, squashed)
        self.gates = gates.transpose(1, 2)
        self.states = (hidden.transpose(1, 2), cell.transpose(1, 2))
        self._gates, self._hidden = self.gates.unbind(0), self.states[0].unbind(0)
        self._forward, self._sizes = forward, (batch_size, hidden_size)
        self._places = list(zip(*map(_places, (gates, cell, cell[1:], squashed, hidden[1:])), strict=False))

    def advance(self, step: int, weight_hh: Tensor) -> None:
        self._gates[step].addmm_(weight_hh, self._hidden[step])
        self._forward(*self._places[step], *self._sizes)


class CompiledAdjoint:
    """LSTMAdjoint, over what CompiledForward leaves."""

    def __init__(self, backward: Callable[..., None], buffers: tuple[Tensor, ...], window: int) -> None:
        self._buffers = gates, hidden, cell, squashed = [buffer.contiguous() for buffer in buffers]
        _, batch, rows = gates.shape
        by_hidden, by_cell = hidden.new_zeros(hidden.shape[1:]), hidden.new_zeros(hidden.shape[1:])
        products = gates.new_empty(window, batch, rows)
        self.hidden = hidden.transpose(1, 2)
        self.gradients = (by_hidden.t(), by_cell.t())
        self._products = products.transpose(1, 2)
        self._product = self._products.unbind(0)
        self._backward, self._gradients = backward, (by_hidden.data_ptr(), by_cell.data_ptr())
        self._shape = (batch, rows // 4)
        self._read = list(zip(*map(_places, (gates, cell, squashed)), strict=False))
        self._written = _places(products)
        self._start = 0

    def load(self, start: int, stop: int, arriving: Tensor | None) -> None:
        self._start = start
        if arriving is not None and (arriving.stride(0) == 0 or arriving.stride(1) != 1):  # of a sum, it is expanded
            arriving = arriving.transpose(1, 2).contiguous().transpose(1, 2)
        self._arriving = arriving
        self._added = [None] * (stop - start) if arriving is None else _places(arriving)
        self._stride = 0 if arriving is None else arriving.stride(2)

    def retreat(self, step: int, weight_hh: Tensor) -> None:
        place = step - self._start
        added = self._added[place], self._stride
        self._backward(*self._read[step], *added, *self._gradients, self._written[place], *self._shape)
        torch.mm(weight_hh, self._product[place], out=self.gradients[0])

    def products(self) -> tuple[Tensor, Tensor]:
        return self._products, self._products


def _places(steps: Tensor) -> Sequence[int]:
    """Where each step of a tensor lies in memory."""
    first, size = steps.data_ptr(), steps.stride(0) * steps.element_size()
    return range(first, first + size * len(steps), size)
