"""The equations of a step, beside numbers worked out by hand, and beside the two halves of the fast loop."""

import math

import pytest
import torch
from torch import nn

from tests.nn.layers import draw
from timeshare.nn.cells import CELLS, load_cell
from timeshare.nn.cells.gru import GRU
from timeshare.nn.cells.lstm import LSTM
from timeshare.nn.cells.rnn import RNN


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_an_lstm_step_is_what_its_equations_say() -> None:
    # Four different gates, so that no two can be swapped unseen.
    i, f, g, o, h, c = 0.3, -0.7, 1.1, 0.2, 0.9, -0.4
    cell = sigmoid(f) * c + sigmoid(i) * math.tanh(g)
    hidden = sigmoid(o) * math.tanh(cell)
    state = (torch.tensor([[h]], dtype=torch.float64), torch.tensor([[c]], dtype=torch.float64))
    gates = torch.tensor([[i, f, g, o]], dtype=torch.float64)
    after = LSTM.step(gates / 4, gates * 3 / 4, state, None)
    assert [float(part) for part in after] == pytest.approx([hidden, cell], abs=1e-15)


def test_an_lstm_step_is_torchs() -> None:
    ours, gates = (draw(3, 5), draw(3, 5, seed=1)), draw(3, 20, seed=2)
    cell = nn.LSTMCell(20, 5, dtype=torch.float64)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.weight_ih.copy_(torch.eye(20))
    torch.testing.assert_close(LSTM.step(gates, 0 * gates, ours, None), cell(gates, ours), atol=1e-14, rtol=0)


def test_a_normalised_cell_state_is_read_but_not_kept() -> None:
    state, gates = (draw(3, 5), draw(3, 5, seed=1)), draw(3, 20, seed=2)
    hidden, cell = LSTM.step(gates, 0 * gates, state, lambda kept: 0 * kept)
    assert torch.equal(cell, LSTM.step(gates, 0 * gates, state, None)[1])
    assert torch.equal(hidden, torch.zeros_like(hidden))


def test_a_plain_step_is_tanh() -> None:
    gates, zero = draw(3, 5), torch.zeros(3, 5, dtype=torch.float64)
    assert torch.equal(RNN.step(gates, zero, (draw(3, 5),), None)[0], gates.tanh())


def test_a_gru_step_is_what_its_equations_say() -> None:
    # As many different numbers as there are, so that no two can be swapped unseen.
    (r_x, z_x, n_x), (r_h, z_h, n_h), h = (0.3, -0.7, 1.1), (0.2, 0.5, -0.9), 0.6
    r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
    n = math.tanh(n_x + r * n_h)
    rows = [torch.tensor([row], dtype=torch.float64) for row in ((r_x, z_x, n_x), (r_h, z_h, n_h), (h,))]
    (after,) = GRU.step(rows[0], rows[1], (rows[2],), None)
    assert float(after) == pytest.approx((1 - z) * n + z * h, abs=1e-15)


@pytest.mark.parametrize("name", CELLS)
def test_the_fast_halves_are_the_step_and_its_gradients(name: str) -> None:
    cell = load_cell(name)
    num_steps, size, batch = 5, 3, 4
    rows = cell.num_gates * size
    by_input, bias = draw(num_steps, rows, batch).requires_grad_(), draw(rows, seed=1).requires_grad_()
    weight = draw(rows, size, seed=2).requires_grad_()
    state = [draw(size, batch, seed=3 + part).requires_grad_() for part in range(cell.num_states)]
    after, arriving = tuple(part.t() for part in state), draw(num_steps, size, batch, seed=8)
    loss = torch.zeros((), dtype=torch.float64)
    for step in range(num_steps):
        after = cell.step(by_input[step].t(), after[0] @ weight.t() + bias, after, None)
        loss = loss + (after[0].t() * arriving[step]).sum()

    loop = cell.forward(arriving, num_steps, size, batch)
    assert (loop.by_hidden is not None) == cell.apart
    with torch.no_grad():
        for slots, part in zip(loop.states, state, strict=True):
            slots[0] = part
        loop.gates.copy_(by_input if cell.apart else by_input + bias[:, None])
        if loop.by_hidden is not None:
            loop.by_hidden.copy_(bias[:, None].expand_as(loop.by_hidden))
        for step in range(num_steps):
            loop.advance(step, weight)
    for slots, part in zip(loop.states, after, strict=True):
        torch.testing.assert_close(slots[num_steps].t(), part.detach(), atol=1e-14, rtol=0)

    adjoint = cell.adjoint(loop.buffers, 2)
    products = torch.empty(2, num_steps, rows, batch, dtype=torch.float64)
    for start, stop in ((4, 5), (2, 4), (0, 2)):
        adjoint.load(start, stop, arriving[start:stop])
        for step in reversed(range(start, stop)):
            adjoint.retreat(step, weight.detach().t())
        for found, product in zip(products, adjoint.products(), strict=True):
            found[start:stop] = product[: stop - start]
    expected = torch.autograd.grad(loss, [by_input, bias, weight, *state])
    torch.testing.assert_close(products[0], expected[0], atol=1e-13, rtol=0)
    torch.testing.assert_close(products[1].sum((0, 2)), expected[1], atol=1e-13, rtol=0)
    by_weight = torch.einsum("trb,thb->rh", products[1], adjoint.hidden[:num_steps])
    torch.testing.assert_close(by_weight, expected[2], atol=1e-13, rtol=0)
    torch.testing.assert_close(adjoint.gradients, expected[3:], atol=1e-13, rtol=0)


def test_the_fast_step_keeps_to_float32s_rounding() -> None:
    loop = LSTM.forward(torch.empty(0), 1, 2001, 1)
    values = torch.linspace(-12, 12, 2001)
    loop.gates[0] = 100.0  # gates wide open
    loop.gates[0, 2 * 2001 : 3 * 2001, 0] = values
    for slots in loop.states:
        slots[0] = 0
    loop.advance(0, torch.zeros(4 * 2001, 2001))
    candidate = values.double().tanh()
    assert (loop.states[1][1, :, 0] - candidate).abs().max() < 3e-7
    assert (loop.states[0][1, :, 0] - candidate.tanh()).abs().max() < 5e-7
