"""The equations of one step, twice: as they are written (`step`), and as the fast loop runs them, with their adjoint.

Layout of the fast loop: features first, batch last ([H, B]), so that the gates of a step are consecutive blocks of
memory and every element-wise operation runs over contiguous numbers. Buffers hold all steps; slot t of a state is the
state that step t reads, so slot 0 is the initial state and slot t + 1 what step t leaves.

The adjoint splits what can be computed for many steps at once (the local derivatives) from what has to wait for the
gradient of the step after: the loop is left with a handful of products a step.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn


class Forward(Protocol):
    """The forward loop of a cell, over buffers that hold all steps."""

    @property
    def buffers(self) -> tuple[Tensor, ...]:
        """What the adjoint reads."""

    @property
    def states(self) -> tuple[Tensor, ...]:
        """Each [T + 1, H, B]; the first is the hidden state."""

    @property
    def gates(self) -> Tensor:
        """[T, G * H, B]."""

    def advance(self, step: int) -> None:
        """Turn the pre-activations in gates[step] into the state in slot step + 1."""


class Adjoint(Protocol):
    """The backward loop of a cell: it holds the gradients of the state that the step at hand leaves."""

    @property
    def hidden(self) -> Tensor:
        """[T + 1, H, B]."""

    @property
    def gradients(self) -> tuple[Tensor, ...]:
        """Of the state, each [H, B]; the first is the hidden state's."""

    @property
    def gate_gradients(self) -> Tensor:
        """[window, G * H, B]."""

    def load(self, start: int, stop: int) -> None:
        """Compute the local derivatives of the steps of a window."""

    def retreat(self, step: int) -> None:
        """Fill the step's gate_gradients, and turn `gradients` past it but for the part through the hidden state."""


# torch's own: sigmoid_backward(d, y) = d y (1 - y) and tanh_backward(d, y) = d (1 - y^2), of the outputs y.
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
tanh_backward = torch.ops.aten.tanh_backward.grad_input

Normalise = Callable[[Tensor], Tensor]


def lstm_step(gates: Tensor, state: tuple[Tensor, ...], normalise: Normalise | None = None) -> tuple[Tensor, ...]:
    """Advance one LSTM step.

    i, f, g, o = split(gates);  c' = sigmoid(f) c + sigmoid(i) tanh(g);  h' = sigmoid(o) tanh(c')

    Args:
        gates: float [B, 4H], pre-activations W_ih x + W_hh h + b, rows i, f, g, o.
        state: (h, c), each float [B, H].
        normalise: applied to c' where h' reads it (Ba et al. 2016); None: nothing.

    Returns:
        (h', c'), each float [B, H].

    Source: Hochreiter & Schmidhuber 1997; forget gate, Gers et al. 2000; row order as torch.nn.LSTM.
    """
    i, f, g, o = gates.chunk(4, dim=1)
    cell = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    read = cell if normalise is None else normalise(cell)
    return o.sigmoid() * read.tanh(), cell


def rnn_step(gates: Tensor, state: tuple[Tensor, ...], normalise: Normalise | None = None) -> tuple[Tensor, ...]:
    """Advance one step of the plain net (Elman 1990): h' = tanh(gates), a tuple of one float [B, H]."""
    return (gates.tanh(),)


class LSTMForward:
    """lstm_step over [T, 4H, B] gates, activated in place."""

    def __init__(self, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> None:
        self.gates = like.new_empty(num_steps, 4 * hidden_size, batch_size)
        hidden = like.new_empty(num_steps + 1, hidden_size, batch_size)
        cell = torch.empty_like(hidden)
        squashed = like.new_empty(num_steps, hidden_size, batch_size)
        self.states = (hidden, cell)
        self.buffers = (self.gates, hidden, cell, squashed)
        split = self.gates.view(num_steps, 4, hidden_size, batch_size)
        self._gates = split.unbind(0)
        self._input, self._forget, self._candidate, self._output = (gate.unbind(0) for gate in split.unbind(1))
        self._hidden, self._cell, self._squashed = hidden.unbind(0), cell.unbind(0), squashed.unbind(0)
        self._minus_one = like.new_tensor(-1.0)

    def advance(self, step: int) -> None:
        # tanh(x) = 2 sigmoid(2x) - 1, to 2e-7 in float32: several times faster here than torch.tanh, and one
        # sigmoid serves the four gates. Doubling is a sum, since a product with a number costs twice as much to call.
        candidate = self._candidate[step]
        candidate.add_(candidate)
        self._gates[step].sigmoid_()
        torch.add(self._minus_one, candidate, alpha=2, out=candidate)
        cell = self._cell[step + 1]
        torch.mul(self._forget[step], self._cell[step], out=cell)
        cell.addcmul_(self._input[step], candidate)
        squashed = self._squashed[step]
        torch.add(cell, cell, out=squashed)
        squashed.sigmoid_()
        torch.add(self._minus_one, squashed, alpha=2, out=squashed)
        torch.mul(self._output[step], squashed, out=self._hidden[step + 1])


class LSTMAdjoint:
    """With d for a gradient and c' = f c + i g, h' = o s, s = tanh(c'):

    dc' += dh' o (1 - s^2);  dz_i = dc' g i (1 - i);  dz_f = dc' c f (1 - f);  dz_g = dc' i (1 - g^2);
    dz_o = dh' s o (1 - o);  dc = dc' f.
    """

    def __init__(self, buffers: tuple[Tensor, ...], window: int) -> None:
        gates, self.hidden, self._cell, self._squashed = buffers
        num_steps, rows, batch = gates.shape
        hidden_size = rows // 4
        self._split = gates.view(num_steps, 4, hidden_size, batch)
        self._forget = self._split[:, 1].unbind(0)
        self.gradients = (gates.new_zeros(hidden_size, batch), gates.new_zeros(hidden_size, batch))
        self.gate_gradients = gates.new_empty(window, rows, batch)
        split = self.gate_gradients.view(window, 4, hidden_size, batch)
        self._through_cell, self._through_output = split[:, :3].unbind(0), split[:, 3].unbind(0)
        self._slopes = gates.new_empty(window, 3, hidden_size, batch)
        self._output_slopes = gates.new_empty(window, hidden_size, batch)
        self._cell_slopes = torch.empty_like(self._output_slopes)
        self._slope, self._output_slope, self._cell_slope = (
            slopes.unbind(0) for slopes in (self._slopes, self._output_slopes, self._cell_slopes)
        )
        self._start = 0

    def load(self, start: int, stop: int) -> None:
        steps, size = slice(start, stop), stop - start
        i, f, g, o = self._split[steps].unbind(1)
        by_i, by_f, by_g = self._slopes[:size].unbind(1)
        squashed = self._squashed[steps]
        sigmoid_backward(g, i, grad_input=by_i)
        sigmoid_backward(self._cell[steps], f, grad_input=by_f)
        tanh_backward(i, g, grad_input=by_g)
        sigmoid_backward(squashed, o, grad_input=self._output_slopes[:size])
        tanh_backward(o, squashed, grad_input=self._cell_slopes[:size])
        self._start = start

    def retreat(self, step: int) -> None:
        hidden, cell = self.gradients
        place = step - self._start
        cell.addcmul_(hidden, self._cell_slope[place])
        torch.mul(cell, self._slope[place], out=self._through_cell[place])
        torch.mul(hidden, self._output_slope[place], out=self._through_output[place])
        cell.mul_(self._forget[step])


class RNNForward:
    """rnn_step; the pre-activations of a step are written where its state will be."""

    def __init__(self, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> None:
        hidden = like.new_empty(num_steps + 1, hidden_size, batch_size)
        self.states = self.buffers = (hidden,)
        self.gates = hidden[1:]
        self._gates = self.gates.unbind(0)

    def advance(self, step: int) -> None:
        self._gates[step].tanh_()


class RNNAdjoint:
    """dz = dh' (1 - h'^2)."""

    def __init__(self, buffers: tuple[Tensor, ...], window: int) -> None:
        (self.hidden,) = buffers
        _, hidden_size, batch = self.hidden.shape
        self.gradients = (self.hidden.new_zeros(hidden_size, batch),)
        self.gate_gradients = self.hidden.new_empty(window, hidden_size, batch)
        self._slopes = torch.empty_like(self.gate_gradients)
        self._start = 0

    def load(self, start: int, stop: int) -> None:
        after = self.hidden[start + 1 : stop + 1]
        slopes = self._slopes[: stop - start]
        torch.mul(after, after, out=slopes)
        slopes.neg_().add_(1)
        self._start = start

    def retreat(self, step: int) -> None:
        place = step - self._start
        torch.mul(self.gradients[0], self._slopes[place], out=self.gate_gradients[place])


class Cell(NamedTuple):
    """A kind of recurrent cell: its equations, the two halves of its fast loop, and torch's own loop for one set.

    Attributes:
        num_gates: G, rows of the weights in units of H.
        num_states: parts of the state; the hidden state is the first.
        step: the equations.
        forward: the fast loop forward.
        adjoint: the fast loop backward.
        kernel: (x [B, T, E], state parts [B, H], weight_ih, weight_hh, bias_ih, bias_hh) to (output, state).
        hold: what, added to the gates in this order, keeps the parts of the state that are no output as they were;
            empty: there is no such part.
    """

    num_gates: int
    num_states: int
    step: Callable[[Tensor, tuple[Tensor, ...], Normalise | None], tuple[Tensor, ...]]
    forward: Callable[[Tensor, int, int, int], Forward]
    adjoint: Callable[[tuple[Tensor, ...], int], Adjoint]
    kernel: Callable[[Tensor, tuple[Tensor, ...], list[Tensor]], tuple[Tensor, tuple[Tensor, ...]]]
    hold: tuple[float, ...]


def _torch_lstm(x: Tensor, state: tuple[Tensor, ...], weights: list[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
    parts = [part.unsqueeze(0) for part in state]
    output, hidden, cell = torch.lstm(x, parts, weights, True, 1, 0.0, torch.is_grad_enabled(), False, True)
    return output, (hidden.squeeze(0), cell.squeeze(0))


def _torch_rnn(x: Tensor, state: tuple[Tensor, ...], weights: list[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
    hidden = state[0].unsqueeze(0)
    output, hidden = torch.rnn_tanh(x, hidden, weights, True, 1, 0.0, torch.is_grad_enabled(), False, True)
    return output, (hidden.squeeze(0),)


SATURATING = 1e4  # a sigmoid of it is 1, and of its negative 0, to the last bit
LSTM = Cell(4, 2, lstm_step, LSTMForward, LSTMAdjoint, _torch_lstm, hold=(-SATURATING, SATURATING, 0.0, 0.0))
RNN = Cell(1, 1, rnn_step, RNNForward, RNNAdjoint, _torch_rnn, hold=())


class CellNorms(nn.Module):
    """LayerNorm inside a cell: of W_ih x and of W_hh h, each over all gates, and of the cell state that h' reads.

    Its gains are the same at all steps. The first two have no offset, since the cell's bias is one.

    Source: Ba, Kiros & Hinton 2016, equations 20 to 22.
    """

    def __init__(self, cell: Cell, hidden_size: int) -> None:
        super().__init__()
        self.inputs = nn.LayerNorm(cell.num_gates * hidden_size, bias=False)
        self.hidden = nn.LayerNorm(cell.num_gates * hidden_size, bias=False)
        self.state = nn.LayerNorm(hidden_size) if cell.num_states > 1 else None
