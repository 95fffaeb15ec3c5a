"""The small LSTM that scales the weights: what its equations say (test_recurrent: at first it is torch's layer)."""

import pytest
import torch
from torch import Tensor

from tests.nn.layers import NAMES, build, draw, generator
from timeshare.nn import TimeLSTM
from timeshare.nn.cells import load_cell


def test_its_embeddings_learn_apart() -> None:
    layer = TimeLSTM(3, 4, batch_first=True, sharing="hyper", generator=generator())
    layer(torch.ones(2, 5, 3))[0].sum().backward()
    gradient = layer.layers[0].embedding_bias.grad.view(3, 4, -1)
    assert (gradient.std(dim=2) > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_two_steps_written_out(name: str) -> None:
    cell = load_cell(name)
    layer = build(name, {"sharing": "hyper", "hyper_size": 3, "hyper_embedding_size": 2}, 2, 4)
    part = layer.layers[0]
    weight_ih, weight_hh, bias_ih, bias_hh = part.weights_at([0])[0]
    x = draw(1, 2, 2)
    state = tuple(torch.zeros(1, 4, dtype=torch.float64) for _ in range(cell.num_states))
    small = small_cell = torch.zeros(3, dtype=torch.float64)
    for step in range(2):
        read = torch.cat([state[0][0], x[0, step]])
        small, small_cell = lstm(
            part.hyper_weight_ih @ read + part.hyper_weight_hh @ small + part.hyper_bias, small_cell
        )
        embeddings = (part.embedding_weight @ small + part.embedding_bias).view(3, cell.num_gates, 2)
        by_input, by_hidden = [], []
        for gate in range(cell.num_gates):
            rows = slice(4 * gate, 4 * gate + 4)
            scale_hidden, scale_input, offset = (
                part.scale_weight[kind, gate] @ embeddings[kind, gate] for kind in range(3)
            )
            by_input.append(scale_input * (weight_ih[rows] @ x[0, step]) + bias_ih[rows] + offset)
            by_hidden.append(scale_hidden * (weight_hh[rows] @ state[0][0]) + bias_hh[rows])
        state = cell.step(torch.cat(by_input)[None], torch.cat(by_hidden)[None], state, None)
    output, final = layer.run(x)
    torch.testing.assert_close(output[0, 1], state[0][0])
    torch.testing.assert_close(tuple(one[0] for one in final), state)


def lstm(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = gates.chunk(4)
    cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return o.sigmoid() * cell.tanh(), cell


def test_what_the_padding_holds_changes_nothing_under_layer_norm() -> None:
    layer = build("lstm", {"sharing": "hyper"}, 3, 4, bidirectional=True, layer_norm=True)
    lengths = torch.tensor([7, 1, 3])
    outcomes = []
    for filling in (0.0, torch.inf, torch.nan):
        x = draw(3, 8, 3)
        for row, length in enumerate(lengths):
            x[row, length:] = filling
        x.requires_grad_()
        output, (h_n, _) = layer(x, lengths)
        outcomes.append((output, h_n, *torch.autograd.grad(output.sum() + h_n.sum(), [x, *layer.parameters()])))
    for outcome in outcomes[1:]:
        assert all(torch.equal(one, other) for one, other in zip(outcomes[0], outcome, strict=True))


def test_truncation_cuts_the_small_lstms_state_too() -> None:
    x = draw(2, 6, 3).requires_grad_()
    layer = build("lstm", {"sharing": "hyper"}, 3, 4, truncate=3)
    (gradient,) = torch.autograd.grad(layer(x)[0][:, 3:].sum(), x)
    assert not gradient[:, :3].any()
    layer.truncate = None
    (gradient,) = torch.autograd.grad(layer(x)[0][:, 3:].sum(), x)
    assert gradient[:, :3].any()
