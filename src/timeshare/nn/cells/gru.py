"""The gated recurrent unit, as torch.nn.GRU has it."""

import torch
from torch import Tensor

from timeshare.nn.cells.contract import Cell, Normalise, State, sigmoid_backward, tanh_backward


def gru_step(by_input: Tensor, by_hidden: Tensor, state: State, normalise: Normalise | None = None) -> State:
    """Advance one GRU step.

    r, z = sigmoid(split(W_ih x + W_hh h + b));  n = tanh(W_in x + b_in + r (W_hn h + b_hn));  h' = (1 - z) n + z h

    Args:
        by_input, by_hidden: float [B, 3H], the two products with their biases, rows r, z, n.
        state: a tuple of h, float [B, H].
        normalise: of no use here: no part of the state but h' itself is read.

    Returns:
        A tuple of h', float [B, H].

    Source: Cho et al. 2014; the reset gate after the product and the row order as torch.nn.GRU.
    """
    reset_input, update_input, new_input = by_input.chunk(3, dim=1)
    reset_hidden, update_hidden, new_hidden = by_hidden.chunk(3, dim=1)
    reset, update = (reset_input + reset_hidden).sigmoid(), (update_input + update_hidden).sigmoid()
    return (torch.lerp((new_input + reset * new_hidden).tanh(), state[0], update),)


class GRUForward:
    """gru_step over [T, 3H, B] gates, activated in place; q = W_hn h + b_hn is kept in the last rows of by_hidden."""

    def __init__(self, like: Tensor, num_steps: int, hidden_size: int, batch_size: int) -> None:
        self.gates = like.new_empty(num_steps, 3 * hidden_size, batch_size)
        self.by_hidden = torch.empty_like(self.gates)
        hidden = like.new_empty(num_steps + 1, hidden_size, batch_size)
        self.states = (hidden,)
        self.buffers = (self.gates, self.by_hidden, hidden)
        self._hidden, self._products = hidden.unbind(0), self.by_hidden.unbind(0)
        rows = (2 * hidden_size, hidden_size)
        (self._squashed, self._new), (self._added, self._kept) = (
            (part.unbind(0) for part in buffer.split(rows, dim=1)) for buffer in (self.gates, self.by_hidden)
        )
        self._reset, self._update = (part.unbind(0) for part in self.gates.split(hidden_size, dim=1)[:2])
        self._minus_one = like.new_full((), -1.0)

    def advance(self, step: int, weight_hh: Tensor) -> None:
        hidden, new = self._hidden[step], self._new[step]
        self._products[step].addmm_(weight_hh, hidden)
        self._squashed[step].add_(self._added[step]).sigmoid_()
        new.addcmul_(self._reset[step], self._kept[step])
        # tanh as a sigmoid, as in LSTMForward.
        torch.add(new, new, out=new).sigmoid_()
        torch.add(self._minus_one, new, alpha=2, out=new)
        torch.lerp(new, hidden, self._update[step], out=self._hidden[step + 1])


class GRUAdjoint:
    """With d for a gradient, q = W_hn h + b_hn and a for what a gate is squashed from:

    da_z = dh' (h - n) z (1 - z);  da_n = dh' (1 - z) (1 - n^2);  dq = da_n r;  da_r = da_n q r (1 - r);
    dh = dh' z, and what comes through W_hh from (da_r, da_z, dq).
    """

    def __init__(self, buffers: tuple[Tensor, ...], window: int) -> None:
        self._gates, self._by_hidden, self.hidden = buffers
        _, rows, batch = self._gates.shape
        size = rows // 3
        self._split, self._kept = self._gates.view(-1, 3, size, batch), self._by_hidden[:, 2 * size :]
        self._update = self._split[:, 1].unbind(0)
        self.gradients = (self._gates.new_zeros(size, batch),)
        # Rows r, z, q and n: all of the hidden product's before what the input's product has in q's place.
        self._slopes = self._gates.new_empty(window, 4, size, batch)
        self._filled = torch.empty_like(self._slopes)
        self._slope, self._fill = self._slopes.unbind(0), self._filled.unbind(0)
        self._by_hidden_gradients = self._filled[:, :3].flatten(1, 2)
        self._product = self._by_hidden_gradients.unbind(0)
        self._by_input_gradients = self._gates.new_empty(window, rows, batch)
        self._start = 0

    def load(self, start: int, stop: int, arriving: Tensor | None) -> None:
        steps, size = slice(start, stop), stop - start
        reset, update, new = self._split[steps].unbind(1)
        by_reset, by_update, by_kept, by_new = self._slopes[:size].unbind(1)
        tanh_backward(1 - update, new, grad_input=by_new)
        torch.mul(by_new, reset, out=by_kept)
        sigmoid_backward(by_new * self._kept[steps], reset, grad_input=by_reset)
        sigmoid_backward(self.hidden[steps] - new, update, grad_input=by_update)
        self._start = start
        self._arriving = None if arriving is None else arriving.unbind(0)

    def retreat(self, step: int, weight_hh: Tensor) -> None:
        (hidden,), place = self.gradients, step - self._start
        if self._arriving is not None:
            hidden.add_(self._arriving[place])
        torch.mul(hidden, self._slope[place], out=self._fill[place])
        hidden.mul_(self._update[step]).addmm_(weight_hh, self._product[place])

    def products(self) -> tuple[Tensor, Tensor]:
        split = self._by_input_gradients.view(len(self._filled), 3, *self._filled.shape[2:])
        split[:, :2] = self._filled[:, :2]
        split[:, 2] = self._filled[:, 3]
        return self._by_input_gradients, self._by_hidden_gradients


GRU = Cell(
    num_gates=3,
    num_states=1,
    step=gru_step,
    forward=GRUForward,
    adjoint=GRUAdjoint,
    kernel=torch.gru,
    apart=True,
)
