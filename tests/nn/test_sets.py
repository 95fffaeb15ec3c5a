"""The sets of weights as the fast loop reads them, beside the same sums written out."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.nn.layers import draw
from timeshare.nn import mixed_sets
from timeshare.nn.memory import RecycledMemory
from timeshare.nn.mixed_sets import MixedSets
from timeshare.nn.picked_sets import PickedSets, Strand, plan_strands
from timeshare.nn.sets import StepWeights, Weights, even_ranges

NUM_SETS, ROWS, INPUTS, HIDDEN, BATCH = 5, 6, 3, 2, 4
# Gradients of the two products, inputs, hidden states.
Parts = tuple[tuple[Tensor, Tensor], Tensor, Tensor]
APART = pytest.mark.parametrize("apart", [False, True], ids=["one bias", "two biases"])


def weights(apart: bool) -> Weights:
    return Weights(
        draw(NUM_SETS, ROWS, INPUTS, seed=1),
        draw(NUM_SETS, ROWS, HIDDEN, seed=2),
        draw(NUM_SETS, ROWS, seed=3),
        draw(NUM_SETS, ROWS, seed=4) if apart else None,
    )


@pytest.mark.parametrize(
    ("picks", "expected"),
    [
        ([0], [(0, 1, 1, 0, 1)]),
        ([2, 2, 2], [(0, 3, 1, 2, 3)]),
        ([0, 1, 2, 3], [(0, 4, 1, 0, 4)]),
        ([2, 3, 4, 4, 4, 4], [(0, 3, 1, 2, 5), (3, 6, 1, 4, 5)]),
        ([0, 1, 2, 0, 1], [(0, 3, 1, 0, 3), (3, 5, 1, 0, 2)]),
        ([1, 0, 1, 0, 1], [(0, 5, 2, 1, 2), (1, 4, 2, 0, 1)]),
        ([3, 0, 3, 3], [(0, 3, 2, 3, 4), (1, 2, 1, 0, 1), (3, 4, 1, 3, 4)]),
    ],
)
def test_strands_are_even_steps_on_one_set_or_on_consecutive_sets(picks: list, expected: list) -> None:
    assert plan_strands(tuple(picks)) == [
        Strand(slice(start, stop, stride), slice(first, last)) for start, stop, stride, first, last in expected
    ]


def test_strands_cover_each_step_once_with_the_set_that_it_picks() -> None:
    generator = torch.Generator().manual_seed(0)
    for length in range(1, 60):
        picks = tuple(torch.randint(0, 4, (length,), generator=generator).tolist())
        covered = {}
        for strand in plan_strands(picks):
            steps = range(length)[strand.steps]
            chosen = range(4)[strand.sets]
            assert covered.keys().isdisjoint(steps)
            covered |= dict(zip(steps, chosen if len(chosen) > 1 else [*chosen] * len(steps), strict=True))
        assert covered == dict(enumerate(picks))


def test_long_periods_are_read_as_consecutive_sets_and_short_ones_set_by_set() -> None:
    assert [strand.constant for strand in plan_strands(tuple(step % 4 for step in range(32)))] == [True] * 4
    assert [strand.constant for strand in plan_strands(tuple(step % 16 for step in range(32)))] == [False] * 2


def of_steps(stacks: Weights, form: Callable[[Tensor], Tensor]) -> Weights:
    return Weights(*(None if stack is None else form(stack) for stack in stacks))


def run_as_the_loop_does(sets: StepWeights, parts: Parts, formed: Weights) -> None:
    """Windows of three steps, forward and then back; what is read must be that of the weights of each step."""
    products, inputs, hidden = parts
    windows = even_ranges(range(len(inputs)), 3)
    for window in windows:
        steps = slice(window.start, window.stop)
        of_window = of_steps(formed, lambda part, steps=steps: part[steps].detach())
        projected = torch.full_like(products[0][steps], torch.nan)
        sets.project(window, inputs[steps], projected)
        expected = of_window.weight_ih @ inputs[steps] + of_window.bias.unsqueeze(2)
        torch.testing.assert_close(projected, expected)
        for read, weight in zip(sets.recurrent(window), of_window.weight_hh, strict=True):
            torch.testing.assert_close(read, weight)
        if of_window.bias_hh is not None:
            sets.fill_bias(window, projected)
            torch.testing.assert_close(projected, of_window.bias_hh.unsqueeze(2).expand_as(projected))
    sets.start_gradients(needs_coefficients=True)
    for window in reversed(windows):
        steps = slice(window.start, window.stop)
        of_window = of_steps(formed, lambda part, steps=steps: part[steps].detach())
        for read, weight in zip(sets.recurrent_back(window), reversed(of_window.weight_hh), strict=True):
            torch.testing.assert_close(read, weight.t())
        by_input, by_hidden = (product[steps] for product in products)
        sets.add_gradients(window, (by_input, by_hidden), (inputs[steps], hidden[steps]))
        projected = torch.full((len(window), BATCH, INPUTS), torch.nan, dtype=inputs.dtype)
        sets.project_back(window, by_input, projected)
        torch.testing.assert_close(projected, by_input.transpose(1, 2) @ of_window.weight_ih)


def expected_gradients(formed: Weights, leaves: list[Tensor], parts: Parts) -> tuple[Tensor, ...]:
    (by_input, by_hidden), inputs, hidden = parts
    arriving = [by_input @ inputs.transpose(1, 2), by_hidden @ hidden.transpose(1, 2), by_input.sum(2)]
    if formed.bias_hh is not None:
        arriving.append(by_hidden.sum(2))
    return torch.autograd.grad([part for part in formed if part is not None], leaves, arriving)


def draw_parts(num_steps: int, apart: bool) -> Parts:
    by_input, inputs, hidden = (draw(num_steps, size, BATCH, seed=size) for size in (ROWS, INPUTS, HIDDEN))
    return (by_input, draw(num_steps, ROWS, BATCH, seed=5) if apart else by_input), inputs, hidden


@APART
@pytest.mark.parametrize(
    "picks",
    [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 2, 2, 2, 2],
        [0, 1, 2, 0, 1, 2, 0],
        [0, 1, 0, 1, 0, 1, 0, 1],
        [3, 3, 4],
        [1, 2, 3, 3, 0, 1, 2, 3, 4, 4],
    ],
)
def test_picked_sets_give_their_steps_weights_and_gather_their_gradients(picks: list[int], apart: bool) -> None:
    stacks = of_steps(weights(apart), Tensor.requires_grad_)
    formed, parts = of_steps(stacks, lambda stack: stack[picks]), draw_parts(len(picks), apart)
    sets = PickedSets(of_steps(stacks, Tensor.detach), picks, RecycledMemory())
    run_as_the_loop_does(sets, parts, formed)
    *gradients, coefficients = sets.finish_gradients()
    leaves = [stack for stack in stacks if stack is not None]
    found = [gradient for gradient in gradients if gradient is not None]
    torch.testing.assert_close(tuple(found), expected_gradients(formed, leaves, parts))
    assert coefficients is None


@APART
@pytest.mark.parametrize(
    ("num_sets", "formed_bytes"),
    [(1, 1), (2, 1), (1, 2 * ROWS * INPUTS * 8), (5, 1 << 20)],
    ids=["1 step", "as many as sets", "2 steps", "a window"],
)
def test_mixed_sets_are_formed_for_some_steps_at_a_time_and_so_are_their_gradients(
    num_sets: int, formed_bytes: int, apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixed_sets, "FORMED_BYTES", formed_bytes)
    stacks = of_steps(weights(apart), lambda stack: stack[:num_sets].requires_grad_())
    coefficients = draw(7, num_sets, seed=9).requires_grad_()
    formed = of_steps(stacks, lambda stack: torch.einsum("tk,k...->t...", coefficients, stack))
    parts = draw_parts(7, apart)
    sets = MixedSets(of_steps(stacks, Tensor.detach), coefficients.detach(), 3, RecycledMemory())
    run_as_the_loop_does(sets, parts, formed)
    leaves = [*(stack for stack in stacks if stack is not None), coefficients]
    found = tuple(gradient for gradient in sets.finish_gradients() if gradient is not None)
    torch.testing.assert_close(found, expected_gradients(formed, leaves, parts))
