"""HyperLSTM: it starts as an LSTM, and then is what its equations say."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.nn.layers import WEIGHTS, build, draw, generator
from timeshare.nn import TimeLSTM

LENGTHS = torch.tensor([7, 1, 3])


def test_at_first_it_is_torchs_lstm() -> None:
    layer = TimeLSTM(3, 4, 2, sharing="hyper", bidirectional=True).double()
    for part in layer.layers:
        part.reset_parameters(generator())  # in float64, where the scales' rows sum to one within its rounding
    twin = nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        for index, part in enumerate(layer.layers):
            level, direction = divmod(index, 2)
            for name in WEIGHTS:
                getattr(twin, f"{name}_l{level}{'_reverse' * direction}").copy_(getattr(part, name))
    x = draw(3, 7, 3).requires_grad_()
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, expected_final = twin(packed)
    theirs = [pad_packed_sequence(expected, batch_first=True)[0], *expected_final]
    output, final = layer(x, LENGTHS)
    ours = [output, *final]
    torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=0)
    arriving = [draw(*value.shape, seed=20 + place) for place, value in enumerate(ours)]
    parameters = [getattr(part, name) for part in layer.layers for name in WEIGHTS]
    torch.testing.assert_close(
        torch.autograd.grad(ours, [x, *parameters], arriving),
        torch.autograd.grad(theirs, [x, *twin.parameters()], arriving),
        atol=1e-10,
        rtol=0,
    )


def test_its_embeddings_learn_apart() -> None:
    layer = TimeLSTM(3, 4, sharing="hyper", generator=generator())
    layer(torch.ones(2, 5, 3))[0].sum().backward()
    gradient = layer.layers[0].embedding_bias.grad.view(3, 4, -1)
    assert (gradient.std(dim=2) > 0).all()


def test_two_steps_written_out() -> None:
    layer = build(TimeLSTM, {"sharing": "hyper", "hyper_size": 3, "hyper_embedding_size": 2}, 2, 4)
    part = layer.layers[0]
    x = draw(1, 2, 2)
    hidden = cell = torch.zeros(4, dtype=torch.float64)
    small = small_cell = torch.zeros(3, dtype=torch.float64)
    for step in range(2):
        read = torch.cat([hidden, x[0, step]])
        small, small_cell = lstm(
            part.hyper_weight_ih @ read + part.hyper_weight_hh @ small + part.hyper_bias, small_cell
        )
        embeddings = (part.embedding_weight @ small + part.embedding_bias).view(3, 4, 2)
        gates = []
        for gate in range(4):
            rows = slice(4 * gate, 4 * gate + 4)
            scale_hidden, scale_input, offset = (
                part.scale_weight[kind, gate] @ embeddings[kind, gate] for kind in range(3)
            )
            gates.append(
                scale_hidden * (part.weight_hh[rows] @ hidden)
                + scale_input * (part.weight_ih[rows] @ x[0, step])
                + part.bias_ih[rows]
                + part.bias_hh[rows]
                + offset
            )
        hidden, cell = lstm(torch.cat(gates), cell)
    output, (h_n, c_n) = layer(x)
    torch.testing.assert_close(output[0, 1], hidden)
    torch.testing.assert_close((h_n[0, 0], c_n[0, 0]), (hidden, cell))


def lstm(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = gates.chunk(4)
    cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return o.sigmoid() * cell.tanh(), cell


def test_gradients_are_those_of_finite_differences() -> None:
    layer = build(TimeLSTM, {"sharing": "hyper", "hyper_size": 2, "hyper_embedding_size": 2}, 2, 2)
    names = [name for name, _ in layer.named_parameters()]
    leaves = [draw(2, 4, 2).requires_grad_(), *(one.detach().requires_grad_() for one in layer.parameters())]

    def run(x: Tensor, *parameters: Tensor) -> Tensor:
        state = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(layer, state, (x, torch.tensor([4, 2])))[0]

    assert torch.autograd.gradcheck(run, leaves, fast_mode=True)


@pytest.mark.parametrize("garbage", [1e5, float("inf"), float("nan")])
def test_what_the_padding_holds_changes_nothing(garbage: float) -> None:
    layer = build(TimeLSTM, {"sharing": "hyper"}, 3, 4, bidirectional=True, layer_norm=True)
    outcomes = []
    for filling in (0.0, garbage):
        x = draw(3, 8, 3)
        for row, length in enumerate(LENGTHS):
            x[row, length:] = filling
        x.requires_grad_()
        output, (h_n, _) = layer(x, LENGTHS)
        outcomes.append((output, h_n, *torch.autograd.grad(output.sum() + h_n.sum(), [x, *layer.parameters()])))
    assert all(torch.equal(one, other) for one, other in zip(*outcomes, strict=True))


def test_truncation_cuts_the_small_lstms_state_too() -> None:
    x = draw(2, 6, 3).requires_grad_()
    layer = build(TimeLSTM, {"sharing": "hyper"}, 3, 4, truncate=3)
    (gradient,) = torch.autograd.grad(layer(x)[0][:, 3:].sum(), x)
    assert not gradient[:, :3].any()
    layer.truncate = None
    (gradient,) = torch.autograd.grad(layer(x)[0][:, 3:].sum(), x)
    assert gradient[:, :3].any()
