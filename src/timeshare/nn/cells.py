"""The equations of one step, twice: as they are written (`step`), and as the fast loop runs them, with their adjoint.

Layout of the fast loop: features first, batch last ([H, B]), so that the gates of a step are consecutive blocks of
memory and every element-wise operation runs over contiguous numbers. Buffers hold all steps; slot t of a state is the
state that step t reads, so slot 0 is the initial state and slot t + 1 what step t leaves.

The adjoint splits what can be computed for many steps at once (the local derivatives) from what has to wait for the
gradient of the step after: the loop is left with a handful of products a step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import torch
from torch import Tensor


class Trace(Protocol):
    """What the forward loop writes, and the adjoint reads."""

    hidden: Tensor  # [T + 1, H, B]
    gates: Tensor  # [T, G * H, B]

    def advance(self, step: int) -> None:
        """Turn the pre-activations in gates[step] into the state in slot step + 1."""

    def states(self, slot: int) -> tuple[Tensor, ...]:
        """The state in a slot, each [H, B]; writable views."""

    def tensors(self) -> tuple[Tensor, ...]:
        """The buffers, to save."""


class Adjoint(Protocol):
    """The backward loop's state: the gradients of the state that the step at hand leaves."""

    gradients: tuple[Tensor, ...]  # of the state; each [H, B]
    gate_gradients: Tensor  # [window, G * H, B]

    def load(self, start: int, stop: int) -> None:
        """Compute the local derivatives of the steps of a window."""

    def retreat(self, step: int) -> None:
        """Fill the step's gate_gradients, and turn `gradients` past it but for the part through the hidden state."""


def lstm_step(gates: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Advance one LSTM step.

    i, f, g, o = split(gates);  c' = sigmoid(f) c + sigmoid(i) tanh(g);  h' = sigmoid(o) tanh(c')

    Args:
        gates: float [B, 4H], pre-activations W_ih x + W_hh h + b, rows i, f, g, o.
        state: (h, c), each float [B, H].

    Returns:
        (h', c'), each float [B, H].

    Source: Hochreiter & Schmidhuber 1997; forget gate, Gers et al. 2000; row order as torch.nn.LSTM.
    """
    i, f, g, o = gates.chunk(4, dim=1)
    cell = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * cell.tanh(), cell


def rnn_step(gates: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Advance one step of the plain net (Elman 1990): h' = tanh(gates), a tuple of one float [B, H]."""
    return (gates.tanh(),)


class LSTMTrace:
    """Gates (activated in place), cell states, their tanh, and hidden states of all steps."""

    def __init__(self, gates: Tensor, hidden: Tensor, cell: Tensor, squashed: Tensor) -> None:
        self.gates, self.hidden, self.cell, self.squashed = gates, hidden, cell, squashed
        num_steps, _, batch = gates.shape
        self.split = gates.view(num_steps, 4, -1, batch)
        self._hidden, self._cell = hidden.unbind(0), cell.unbind(0)
        self._squashed = squashed.unbind(0)
        self._input_forget = self.split[:, :2].unbind(0)
        self._input, self._forget, self._candidate, self._output = (gate.unbind(0) for gate in self.split.unbind(1))

    @classmethod
    def allocate(cls, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> Self:
        return cls(
            like.new_empty(num_steps, 4 * hidden_size, batch_size),
            like.new_empty(num_steps + 1, hidden_size, batch_size),
            like.new_empty(num_steps + 1, hidden_size, batch_size),
            like.new_empty(num_steps, hidden_size, batch_size),
        )

    def tensors(self) -> tuple[Tensor, ...]:
        return self.gates, self.hidden, self.cell, self.squashed

    def states(self, slot: int) -> tuple[Tensor, ...]:
        return self._hidden[slot], self._cell[slot]

    def advance(self, step: int) -> None:
        self._input_forget[step].sigmoid_()
        self._candidate[step].tanh_()
        self._output[step].sigmoid_()
        cell = self._cell[step + 1]
        torch.mul(self._forget[step], self._cell[step], out=cell)
        cell.addcmul_(self._input[step], self._candidate[step])
        torch.tanh(cell, out=self._squashed[step])
        torch.mul(self._output[step], self._squashed[step], out=self._hidden[step + 1])


class LSTMAdjoint:
    """With d for a gradient and c' = f c + i g, h' = o s, s = tanh(c'):

    dc' += dh' o (1 - s^2);  dz_i = dc' g i (1 - i);  dz_f = dc' c f (1 - f);  dz_g = dc' i (1 - g^2);
    dz_o = dh' s o (1 - o);  dc = dc' f.
    """

    def __init__(self, trace: LSTMTrace, window: int) -> None:
        self.trace = trace
        _, gates, hidden_size, batch = trace.split.shape
        self.gate_gradients = trace.gates.new_empty(window, gates * hidden_size, batch)
        self.gradients = tuple(trace.hidden.new_zeros(hidden_size, batch) for _ in range(2))
        self._by_cell = trace.gates.new_empty(window, 3, hidden_size, batch)
        self._by_output = trace.gates.new_empty(window, hidden_size, batch)
        self._to_cell = trace.gates.new_empty(window, hidden_size, batch)
        split = self.gate_gradients.view(window, 4, hidden_size, batch)
        self._through_cell, self._through_output = split[:, :3].unbind(0), split[:, 3].unbind(0)
        self._start = 0

    def load(self, start: int, stop: int) -> None:
        trace, steps, size = self.trace, slice(start, stop), stop - start
        i, _, g, o = trace.split[steps].unbind(1)
        by_cell = self._by_cell[:size]
        input_forget = trace.split[steps, :2]
        torch.addcmul(input_forget, input_forget, input_forget, value=-1, out=by_cell[:, :2])
        by_cell[:, 0].mul_(g)
        by_cell[:, 1].mul_(trace.cell[steps])
        torch.mul(i, g, out=by_cell[:, 2])
        torch.addcmul(i, by_cell[:, 2], g, value=-1, out=by_cell[:, 2])
        after = trace.hidden[start + 1 : stop + 1]
        # s o (1 - o) = h' - h' o and o (1 - s^2) = o - h' s: one product each, of what is there already.
        torch.addcmul(after, after, o, value=-1, out=self._by_output[:size])
        torch.addcmul(o, after, trace.squashed[steps], value=-1, out=self._to_cell[:size])
        self._start = start

    def retreat(self, step: int) -> None:
        hidden, cell = self.gradients
        place = step - self._start
        cell.addcmul_(hidden, self._to_cell[place])
        torch.mul(cell, self._by_cell[place], out=self._through_cell[place])
        torch.mul(hidden, self._by_output[place], out=self._through_output[place])
        cell.mul_(self.trace._forget[step])


class RNNTrace:
    """Hidden states of all steps; the pre-activations of a step are written where its state will be."""

    def __init__(self, hidden: Tensor) -> None:
        self.hidden = hidden
        self.gates = hidden[1:]
        self._hidden = hidden.unbind(0)

    @classmethod
    def allocate(cls, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> Self:
        return cls(like.new_empty(num_steps + 1, hidden_size, batch_size))

    def tensors(self) -> tuple[Tensor, ...]:
        return (self.hidden,)

    def states(self, slot: int) -> tuple[Tensor, ...]:
        return (self._hidden[slot],)

    def advance(self, step: int) -> None:
        self._hidden[step + 1].tanh_()


class RNNAdjoint:
    """dz = dh' (1 - h'^2)."""

    def __init__(self, trace: RNNTrace, window: int) -> None:
        self.trace = trace
        _, hidden_size, batch = trace.gates.shape
        self.gate_gradients = trace.gates.new_empty(window, hidden_size, batch)
        self.gradients = (trace.hidden.new_zeros(hidden_size, batch),)
        self._slope = trace.gates.new_empty(window, hidden_size, batch)
        self._start = 0

    def load(self, start: int, stop: int) -> None:
        after = self.trace.gates[start:stop]
        slope = self._slope[: stop - start]
        torch.mul(after, after, out=slope)
        slope.neg_().add_(1)
        self._start = start

    def retreat(self, step: int) -> None:
        place = step - self._start
        torch.mul(self.gradients[0], self._slope[place], out=self.gate_gradients[place])


@dataclass(frozen=True)
class Cell:
    """A kind of recurrent cell: its equations, and the two halves of its fast loop."""

    num_gates: int
    num_states: int
    step: Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
    trace: Any
    adjoint: Any


LSTM = Cell(4, 2, lstm_step, LSTMTrace, LSTMAdjoint)
RNN = Cell(1, 1, rnn_step, RNNTrace, RNNAdjoint)
