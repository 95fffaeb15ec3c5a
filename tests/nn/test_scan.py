"""The fast loop beside the plain one, on values and on every gradient, on ragged batches."""

import pytest
import torch
from torch import Tensor

from tests.nn.layers import NAMES, SCHEMES, as_tuple, bare, build, draw, initial_state, needs_compiler
from timeshare.nn import TimeRecurrent
from timeshare.nn.scan import WINDOW

BATCH, STEPS, INPUTS, HIDDEN = 4, 9, 5, 4
LENGTHS = torch.tensor([7, 1, 9, 3])
COMPILED = pytest.param("lstm compiled", marks=needs_compiler)
ALL_CELLS = pytest.mark.parametrize("cell", [*NAMES, COMPILED], indirect=True)


@pytest.fixture
def cell(request: pytest.FixtureRequest) -> str:
    """The name of a cell; one that is compiled takes its compiled loop."""
    name, _, compiled = request.param.partition(" ")
    if compiled:
        request.getfixturevalue("compiling")
    return name


def results(layer: TimeRecurrent, lengths: Tensor | None, steps: int = STEPS) -> list[Tensor]:
    """Output, final states, and the gradients of a random function of them by everything that has one."""
    x, state = inputs(steps), initial_state(layer, BATCH)
    output, final = layer(x, lengths, bare(state))
    values = [output, *as_tuple(final)]
    arriving = [draw(*value.shape, seed=20 + place) for place, value in enumerate(values)]
    leaves = [x, *state, *layer.parameters()]
    gradients = torch.autograd.grad(values, leaves, arriving, allow_unused=True)
    return [value.detach() for value in values] + [
        torch.zeros_like(leaf) if gradient is None else gradient
        for leaf, gradient in zip(leaves, gradients, strict=True)
    ]


def inputs(steps: int = STEPS) -> Tensor:
    return draw(BATCH, steps, INPUTS).requires_grad_()


@ALL_CELLS
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("align", ["start", "end"])
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["full", "ragged"])
def test_the_fast_loop_is_the_plain_loop(cell: str, scheme: str, align: str, lengths: Tensor | None) -> None:
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, align=align)
    fast = results(layer, lengths)
    layer.plain = True
    torch.testing.assert_close(fast, results(layer, lengths), atol=1e-12, rtol=0)


@ALL_CELLS
@pytest.mark.parametrize("align", ["start", "end"])
@pytest.mark.parametrize("truncate", [1, 2, 4, 20])
def test_truncation_cuts_where_the_plain_loop_detaches(cell: str, truncate: int, align: str) -> None:
    layer = build(cell, SCHEMES["unshared"], INPUTS, HIDDEN, truncate=truncate, align=align)
    fast = results(layer, LENGTHS)
    layer.plain = True
    torch.testing.assert_close(fast, results(layer, LENGTHS), atol=1e-12, rtol=0)


def test_truncated_gradients_are_those_of_windows_run_one_after_the_other() -> None:
    layer = build("lstm", {"sharing": "periodic", "num_sets": 3}, INPUTS, HIDDEN, truncate=3)
    x = inputs()
    arriving = draw(BATCH, STEPS, HIDDEN, seed=3)
    layer(x)[0].backward(arriving)
    truncated = x.grad.clone()

    whole = build("lstm", {"sharing": "periodic", "num_sets": 3}, INPUTS, HIDDEN)
    expected, state = [], None
    for start in range(0, STEPS, 3):
        piece = x[:, start : start + 3].detach().requires_grad_()
        output, state = whole(piece, None, state)
        expected.append(torch.autograd.grad(output, piece, arriving[:, start : start + 3])[0])
        state = tuple(part.detach() for part in state)
    torch.testing.assert_close(truncated, torch.cat(expected, dim=1), atol=1e-13, rtol=0)
    whole(x)[0].backward(arriving)
    assert not torch.allclose(x.grad - truncated, truncated)


@ALL_CELLS
@pytest.mark.parametrize("scheme", ["unshared", "mixture"])
def test_more_steps_than_a_window_and_a_part_of_one(cell: str, scheme: str) -> None:
    layer = build(cell, {**SCHEMES[scheme], "extent": WINDOW + 5}, INPUTS, HIDDEN)
    steps = 2 * WINDOW + 3
    lengths = torch.tensor([steps, 1, WINDOW, WINDOW + 1])
    fast = results(layer, lengths, steps)
    layer.plain = True
    torch.testing.assert_close(fast, results(layer, lengths, steps), atol=1e-12, rtol=0)


@ALL_CELLS
@pytest.mark.parametrize("scheme", SCHEMES)
def test_gradients_are_those_of_finite_differences(cell: str, scheme: str) -> None:
    layer = build(cell, SCHEMES[scheme], 2, 2)
    names = [name for name, _ in layer.named_parameters()]
    x = draw(2, 5, 2).requires_grad_()
    lengths = torch.tensor([5, 2])

    def run(x: Tensor, *parameters: Tensor) -> tuple[Tensor, ...]:
        output, final = torch.func.functional_call(layer, dict(zip(names, parameters, strict=True)), (x, lengths))
        return output, *as_tuple(final)

    leaves = [parameter.detach().requires_grad_() for parameter in layer.parameters()]
    assert torch.autograd.gradcheck(run, (x, *leaves), fast_mode=True)


@ALL_CELLS
@pytest.mark.parametrize("align", ["start", "end"])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("garbage", [1e6, -3.7, float("inf"), float("nan")])
def test_what_the_padding_holds_changes_nothing_bit_for_bit(cell: str, align: str, scheme: str, garbage: float) -> None:
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, align=align, bidirectional=True).float()
    outcomes = []
    for filling in (0.0, garbage):
        x = draw(BATCH, STEPS + 2, INPUTS).float()
        for row, length in enumerate(LENGTHS):
            x[row, length:] = filling
        x.requires_grad_()
        layer.zero_grad()
        output, final = layer(x, LENGTHS)
        loss = sum((value * draw(*value.shape, seed=4)).sum() for value in (output, *as_tuple(final)))
        loss.backward()
        assert not output[1, 1:].any()
        assert not x.grad[1, 1:].any()
        outcomes.append([output, *as_tuple(final), x.grad, *(parameter.grad for parameter in layer.parameters())])
    assert all(torch.equal(one, other) for one, other in zip(*outcomes, strict=True))


@ALL_CELLS
def test_gradients_that_arrive_on_padded_outputs_go_nowhere(cell: str) -> None:
    layer = build(cell, SCHEMES["unshared"], INPUTS, HIDDEN)
    x = inputs()
    output, _ = layer(x, LENGTHS)
    arriving = torch.zeros_like(output)
    arriving[1, 1:] = 1.0
    output.backward(arriving)
    assert not x.grad.any()
    assert all(not parameter.grad.any() for parameter in layer.parameters())


@ALL_CELLS
def test_only_what_asks_for_a_gradient_gets_one(cell: str) -> None:
    layer = build(cell, SCHEMES["unshared"], INPUTS, HIDDEN)
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    x = inputs()
    layer(x)[0].sum().backward()
    assert x.grad.any()
    assert all(parameter.grad is None for parameter in layer.parameters())
    layer.layers[0].weight_hh.requires_grad_(True)
    layer(x.detach())[0].sum().backward()
    assert layer.layers[0].weight_hh.grad.any()
    assert layer.layers[0].weight_ih.grad is None


@ALL_CELLS
@pytest.mark.parametrize("is_plain", [False, True], ids=["fast", "plain"])
def test_second_derivatives_are_those_of_finite_differences(cell: str, is_plain: bool) -> None:
    layer = build(cell, SCHEMES["unshared"], 2, 2)
    layer.plain = is_plain
    assert torch.autograd.gradgradcheck(lambda x: layer(x)[0].sum(), (draw(1, 3, 2).requires_grad_(),))


def test_a_backward_pass_can_be_repeated_when_the_graph_is_kept() -> None:
    layer = build("lstm", SCHEMES["unshared"], INPUTS, HIDDEN)
    x = inputs()
    loss = layer(x, LENGTHS)[0].sum()
    first = torch.autograd.grad(loss, x, retain_graph=True)
    assert torch.equal(first[0], torch.autograd.grad(loss, x)[0])


def test_the_same_seed_gives_the_same_bits() -> None:
    layer = build("lstm", SCHEMES["mixture"], INPUTS, HIDDEN)
    for one, other in zip(results(layer, LENGTHS), results(layer, LENGTHS), strict=True):
        assert torch.equal(one, other)


@ALL_CELLS
@pytest.mark.parametrize("sizes", [(1, 1), (1, 3), (3, 1)], ids=["1 row of 1", "1 row", "rows of 1"])
def test_outputs_and_gradients_are_the_callers_own(cell: str, sizes: tuple[int, int]) -> None:
    """Where a transposition is no copy, the loop's buffers could be written to through what it gave out."""
    batch, hidden = sizes
    layer = build(cell, SCHEMES["unshared"], INPUTS, hidden)
    x = draw(batch, STEPS, INPUTS).requires_grad_()
    lengths = torch.tensor([STEPS, 2, 5][:batch])
    arriving = draw(batch, STEPS, hidden, seed=1)
    output, final = layer(x, lengths)
    (expected,) = torch.autograd.grad(output, x, arriving, retain_graph=True)
    with torch.no_grad():
        for value in (output, *as_tuple(final)):
            value.mul_(7)
    kept = arriving.clone()
    (again,) = torch.autograd.grad(output, x, arriving)
    assert torch.equal(again, expected)
    assert torch.equal(arriving, kept)
