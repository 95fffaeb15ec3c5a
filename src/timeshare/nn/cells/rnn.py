"""The plain tanh net."""

import torch
from torch import Tensor

from timeshare.nn.cells.contract import Cell, Normalise, State


def rnn_step(by_input: Tensor, by_hidden: Tensor, state: State, normalise: Normalise | None = None) -> State:
    """Advance one step of the plain net (Elman 1990): h' = tanh(W_ih x + W_hh h + b), a tuple of one float [B, H]."""
    return ((by_input + by_hidden).tanh(),)


def relu_step(by_input: Tensor, by_hidden: Tensor, state: State, normalise: Normalise | None = None) -> State:
    """Advance one step of the net that torch.nn.RNN is with nonlinearity="relu": h' = max(W_ih x + W_hh h + b, 0)."""
    return ((by_input + by_hidden).relu(),)


class RNNForward:
    """rnn_step; the pre-activations of a step are written where its state will be."""

    by_hidden = None
    squash = staticmethod(torch.tanh_)

    def __init__(self, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> None:
        hidden = like.new_empty(num_steps + 1, hidden_size, batch_size)
        self.states = self.buffers = (hidden,)
        self.gates = hidden[1:]
        self._hidden = hidden.unbind(0)

    def advance(self, step: int, weight_hh: Tensor) -> None:
        self.squash(self._hidden[step + 1].addmm_(weight_hh, self._hidden[step]))


class RNNAdjoint:
    """dz = dh' (1 - h'^2)."""

    def __init__(self, buffers: tuple[Tensor, ...], window: int) -> None:
        (self.hidden,) = buffers
        _, hidden_size, batch = self.hidden.shape
        self.gradients = (self.hidden.new_zeros(hidden_size, batch),)
        self._products = self.hidden.new_empty(window, hidden_size, batch)
        self._slopes = torch.empty_like(self._products)
        self._start = 0

    def load(self, start: int, stop: int, arriving: Tensor | None) -> None:
        after = self.hidden[start + 1 : stop + 1]
        self._fill_slopes(after, self._slopes[: stop - start])
        self._start = start
        self._arriving = None if arriving is None else arriving.unbind(0)

    def _fill_slopes(self, after: Tensor, slopes: Tensor) -> None:
        torch.mul(after, after, out=slopes)
        slopes.neg_().add_(1)

    def retreat(self, step: int, weight_hh: Tensor) -> None:
        (hidden,), place = self.gradients, step - self._start
        if self._arriving is not None:
            hidden.add_(self._arriving[place])
        product = self._products[place]
        torch.mul(hidden, self._slopes[place], out=product)
        torch.mm(weight_hh, product, out=hidden)

    def products(self) -> tuple[Tensor, Tensor]:
        return self._products, self._products


class ReLUForward(RNNForward):
    """relu_step."""

    squash = staticmethod(torch.relu_)


class ReLUAdjoint(RNNAdjoint):
    """dz = dh' where h' > 0."""

    def _fill_slopes(self, after: Tensor, slopes: Tensor) -> None:
        slopes.copy_(after > 0)


RNN = Cell(num_gates=1, num_states=1, step=rnn_step, forward=RNNForward, adjoint=RNNAdjoint, kernel=torch.rnn_tanh)
RELU = Cell(num_gates=1, num_states=1, step=relu_step, forward=ReLUForward, adjoint=ReLUAdjoint, kernel=torch.rnn_relu)
