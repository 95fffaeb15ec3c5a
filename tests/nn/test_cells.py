"""The equations of a step, beside numbers worked out by hand, and beside the two halves of the fast loop."""

import math

import pytest
import torch
from torch import nn

from tests.nn.layers import draw
from timeshare.nn.cells import LSTM, RNN, Cell


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_an_lstm_step_is_what_its_equations_say() -> None:
    # Four different gates, so that no two can be swapped unseen.
    i, f, g, o, h, c = 0.3, -0.7, 1.1, 0.2, 0.9, -0.4
    cell = sigmoid(f) * c + sigmoid(i) * math.tanh(g)
    hidden = sigmoid(o) * math.tanh(cell)
    state = (torch.tensor([[h]], dtype=torch.float64), torch.tensor([[c]], dtype=torch.float64))
    after = LSTM.step(torch.tensor([[i, f, g, o]], dtype=torch.float64), state, None)
    assert [float(part) for part in after] == pytest.approx([hidden, cell], abs=1e-15)


def test_an_lstm_step_is_torchs() -> None:
    ours, gates = (draw(3, 5), draw(3, 5, seed=1)), draw(3, 20, seed=2)
    cell = nn.LSTMCell(20, 5, dtype=torch.float64)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
        cell.weight_ih.copy_(torch.eye(20))
    torch.testing.assert_close(LSTM.step(gates, ours, None), cell(gates, ours), atol=1e-14, rtol=0)


def test_a_normalised_cell_state_is_read_but_not_kept() -> None:
    state, gates = (draw(3, 5), draw(3, 5, seed=1)), draw(3, 20, seed=2)
    hidden, cell = LSTM.step(gates, state, lambda kept: 0 * kept)
    assert torch.equal(cell, LSTM.step(gates, state, None)[1])
    assert torch.equal(hidden, torch.zeros_like(hidden))


def test_a_plain_step_is_tanh() -> None:
    gates = draw(3, 5)
    assert torch.equal(RNN.step(gates, (draw(3, 5),), None)[0], gates.tanh())


@pytest.mark.parametrize("cell", [LSTM, RNN], ids=["lstm", "rnn"])
def test_the_fast_halves_are_the_step_and_its_gradient(cell: Cell) -> None:
    num_steps, size, batch = 5, 3, 4
    gates = draw(num_steps, cell.num_gates * size, batch).requires_grad_()
    state = [draw(size, batch, seed=1 + part).requires_grad_() for part in range(cell.num_states)]
    reference = tuple(part.t() for part in state)
    arriving = draw(num_steps, size, batch, seed=5)
    loss = torch.zeros((), dtype=torch.float64)
    for step in range(num_steps):
        reference = cell.step(gates[step].t(), reference, None)
        loss = loss + (reference[0].t() * arriving[step]).sum()

    loop = cell.forward(arriving, num_steps, size, batch)
    with torch.no_grad():
        for slots, part in zip(loop.states, state, strict=True):
            slots[0] = part
        loop.gates.copy_(gates)
        for step in range(num_steps):
            loop.advance(step)
    for slots, part in zip(loop.states, reference, strict=True):
        torch.testing.assert_close(slots[num_steps].t(), part.detach(), atol=1e-14, rtol=0)

    adjoint = cell.adjoint(loop.buffers, 2)
    found = torch.empty_like(arriving.new_empty(gates.shape))
    for start, stop in ((4, 5), (2, 4), (0, 2)):
        adjoint.load(start, stop)
        for step in reversed(range(start, stop)):
            adjoint.gradients[0].add_(arriving[step])
            adjoint.retreat(step)
            adjoint.gradients[0].zero_()  # nothing recurs through the hidden state here
            found[step] = adjoint.gate_gradients[step - start]
    expected_gates, *expected_state = torch.autograd.grad(loss, [gates, *state], allow_unused=True)
    torch.testing.assert_close(found, expected_gates, atol=1e-13, rtol=0)
    if cell is LSTM:
        torch.testing.assert_close(adjoint.gradients[1], expected_state[1], atol=1e-13, rtol=0)


def test_the_fast_step_keeps_to_float32s_rounding() -> None:
    loop = LSTM.forward(torch.empty(0), 1, 2001, 1)
    values = torch.linspace(-12, 12, 2001)
    loop.gates[0] = 100.0  # gates wide open
    loop.gates[0, 2 * 2001 : 3 * 2001, 0] = values
    for slots in loop.states:
        slots[0] = 0
    loop.advance(0)
    candidate = values.double().tanh()
    assert (loop.states[1][1, :, 0] - candidate).abs().max() < 3e-7
    assert (loop.states[0][1, :, 0] - candidate.tanh()).abs().max() < 5e-7
