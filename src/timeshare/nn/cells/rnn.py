"""The plain tanh net."""

import torch
from torch import Tensor

from timeshare.nn.cells.contract import Cell, Normalise, State


def rnn_step(by_input: Tensor, by_hidden: Tensor, state: State, normalise: Normalise | None = None) -> State:
    """Advance one step of the plain net (Elman 1990): h' = tanh(W_ih x + W_hh h + b), a tuple of one float [B, H]."""
    return ((by_input + by_hidden).tanh(),)


class RNNForward:
    """rnn_step; the pre-activations of a step are written where its state will be."""

    by_hidden = None

    def __init__(self, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> None:
        hidden = like.new_empty(num_steps + 1, hidden_size, batch_size)
        self.states = self.buffers = (hidden,)
        self.gates = hidden[1:]
        self._hidden = hidden.unbind(0)

    def advance(self, step: int, weight_hh: Tensor) -> None:
        self._hidden[step + 1].addmm_(weight_hh, self._hidden[step]).tanh_()


class RNNAdjoint:
    """dz = dh' (1 - h'^2)."""

    def __init__(self, buffers: tuple[Tensor, ...], window: int) -> None:
        (self.hidden,) = buffers
        _, hidden_size, batch = self.hidden.shape
        self.gradients = (self.hidden.new_zeros(hidden_size, batch),)
        self._products = self.hidden.new_empty(window, hidden_size, batch)
        self._slopes = torch.empty_like(self._products)
        self._start = 0

    def load(self, start: int, stop: int) -> None:
        after = self.hidden[start + 1 : stop + 1]
        slopes = self._slopes[: stop - start]
        torch.mul(after, after, out=slopes)
        slopes.neg_().add_(1)
        self._start = start

    def retreat(self, step: int, weight_hh: Tensor) -> None:
        (hidden,), product = self.gradients, self._products[step - self._start]
        torch.mul(hidden, self._slopes[step - self._start], out=product)
        torch.mm(weight_hh, product, out=hidden)

    def products(self) -> tuple[Tensor, Tensor]:
        return self._products, self._products


RNN = Cell(num_gates=1, num_states=1, step=rnn_step, forward=RNNForward, adjoint=RNNAdjoint, kernel=torch.rnn_tanh)
