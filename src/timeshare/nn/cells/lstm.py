"""The long short-term memory."""

import torch
from torch import Tensor

from timeshare.nn.cells.contract import SATURATING, Cell, Normalise, State, sigmoid_backward, tanh_backward
from timeshare.nn.cells.lstm_compiled import compiled_loop


def lstm_step(by_input: Tensor, by_hidden: Tensor, state: State, normalise: Normalise | None = None) -> State:
    """Advance one LSTM step.

    i, f, g, o = split(W_ih x + W_hh h + b);  c' = sigmoid(f) c + sigmoid(i) tanh(g);  h' = sigmoid(o) tanh(c')

    Args:
        by_input, by_hidden: float [B, 4H], the two products with their biases, rows i, f, g, o.
        state: (h, c), each float [B, H].
        normalise: applied to c' where h' reads it (Ba et al. 2016); None: nothing.

    Returns:
        (h', c'), each float [B, H].

    Source: Hochreiter & Schmidhuber 1997; forget gate, Gers et al. 2000; row order as torch.nn.LSTM.
    """
    i, f, g, o = (by_input + by_hidden).chunk(4, dim=1)
    cell = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    read = cell if normalise is None else normalise(cell)
    return o.sigmoid() * read.tanh(), cell


class LSTMForward:
    """lstm_step over [T, 4H, B] gates, activated in place."""

    by_hidden = None

    def __init__(self, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> None:
        self.gates = like.new_empty(num_steps, 4 * hidden_size, batch_size)
        hidden = like.new_empty(num_steps + 1, hidden_size, batch_size)
        cell = torch.empty_like(hidden)
        squashed = like.new_empty(num_steps, hidden_size, batch_size)
        self.states = (hidden, cell)
        self.buffers = (self.gates, hidden, cell, squashed)
        split = self.gates.view(num_steps, 4, hidden_size, batch_size)
        self._gates = self.gates.unbind(0)
        self._input, self._forget, self._candidate, self._output = (gate.unbind(0) for gate in split.unbind(1))
        self._hidden, self._cell, self._squashed = hidden.unbind(0), cell.unbind(0), squashed.unbind(0)
        self._minus_one = like.new_full((), -1.0)

    def advance(self, step: int, weight_hh: Tensor) -> None:
        # tanh(x) = 2 sigmoid(2x) - 1, to 2e-7 in float32: several times faster here than torch.tanh, and one
        # sigmoid serves the four gates. Doubling is a sum, since a product with a number costs twice as much to call.
        gates, candidate = self._gates[step], self._candidate[step]
        gates.addmm_(weight_hh, self._hidden[step])
        candidate.add_(candidate)
        gates.sigmoid_()
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
        self._products = gates.new_empty(window, rows, batch)
        self._product = self._products.unbind(0)
        split = self._products.view(window, 4, hidden_size, batch)
        self._through_cell, self._through_output = split[:, :3].unbind(0), split[:, 3].unbind(0)
        self._slopes = gates.new_empty(window, 3, hidden_size, batch)
        self._output_slopes = gates.new_empty(window, hidden_size, batch)
        self._cell_slopes = torch.empty_like(self._output_slopes)
        self._slope, self._output_slope, self._cell_slope = (
            slopes.unbind(0) for slopes in (self._slopes, self._output_slopes, self._cell_slopes)
        )
        self._start = 0

    def load(self, start: int, stop: int, arriving: Tensor | None) -> None:
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
        self._arriving = None if arriving is None else arriving.unbind(0)

    def retreat(self, step: int, weight_hh: Tensor) -> None:
        hidden, cell = self.gradients
        place = step - self._start
        if self._arriving is not None:
            hidden.add_(self._arriving[place])
        cell.addcmul_(hidden, self._cell_slope[place])
        torch.mul(cell, self._slope[place], out=self._through_cell[place])
        torch.mul(hidden, self._output_slope[place], out=self._through_output[place])
        cell.mul_(self._forget[step])
        torch.mm(weight_hh, self._product[place], out=hidden)

    def products(self) -> tuple[Tensor, Tensor]:
        return self._products, self._products


LSTM = Cell(
    num_gates=4,
    num_states=2,
    step=lstm_step,
    forward=LSTMForward,
    adjoint=LSTMAdjoint,
    compiled=compiled_loop,
    kernel=torch.lstm,
    hold=(-SATURATING, SATURATING, 0.0, 0.0),
    forget_gate=1,
)
