"""The sets of weights as the fast loop reads them, beside the same sums written out."""

import pytest
import torch
from torch import Tensor

from tests.nn.layers import draw
from timeshare.nn import sets as sets_module
from timeshare.nn.memory import RecycledMemory
from timeshare.nn.sets import MixedSets, PickedSets, StepWeights, Strand, even_ranges, plan_strands

NUM_SETS, ROWS, INPUTS, HIDDEN, BATCH = 5, 6, 3, 2, 4
Weights = tuple[Tensor, Tensor, Tensor]


def weights() -> Weights:
    return (
        draw(NUM_SETS, ROWS, INPUTS, seed=1),
        draw(NUM_SETS, ROWS, HIDDEN, seed=2),
        draw(NUM_SETS, ROWS, seed=3),
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


def run_as_the_loop_does(sets: StepWeights, parts: tuple[Tensor, ...], formed: Weights) -> None:
    """Windows of three steps, forward and then back; what is read must be that of the weights of each step."""
    gates, inputs, hidden = parts
    windows = even_ranges(range(len(gates)), 3)
    for window in windows:
        steps = slice(window.start, window.stop)
        weight_ih, weight_hh, bias = (part[steps].detach() for part in formed)
        projected = torch.full_like(gates[steps], torch.nan)
        sets.project(window, inputs[steps], projected)
        torch.testing.assert_close(projected, weight_ih @ inputs[steps] + bias.unsqueeze(2))
        for read, weight in zip(sets.recurrent(window), weight_hh, strict=True):
            torch.testing.assert_close(read, weight)
    sets.start_gradients(needs_coefficients=True)
    for window in reversed(windows):
        steps = slice(window.start, window.stop)
        weight_ih, weight_hh, _ = (part[steps].detach() for part in formed)
        for read, weight in zip(sets.recurrent_back(window), reversed(weight_hh), strict=True):
            torch.testing.assert_close(read, weight.t())
        sets.add_gradients(window, gates[steps], inputs[steps], hidden[steps])
        projected = torch.full((len(window), BATCH, INPUTS), torch.nan, dtype=gates.dtype)
        sets.project_back(window, gates[steps], projected)
        torch.testing.assert_close(projected, gates[steps].transpose(1, 2) @ weight_ih)


def expected_gradients(formed: Weights, leaves: list[Tensor], parts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    gates, inputs, hidden = parts
    arriving = [gates @ inputs.transpose(1, 2), gates @ hidden.transpose(1, 2), gates.sum(2)]
    return torch.autograd.grad(formed, leaves, arriving)


def draw_parts(num_steps: int) -> tuple[Tensor, ...]:
    return tuple(draw(num_steps, size, BATCH, seed=size) for size in (ROWS, INPUTS, HIDDEN))


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
def test_picked_sets_give_their_steps_weights_and_gather_their_gradients(picks: list[int]) -> None:
    leaves = [weight.requires_grad_() for weight in weights()]
    weight_ih, weight_hh, bias = (leaf[picks] for leaf in leaves)
    parts = draw_parts(len(picks))
    stacks = (leaves[0].detach(), leaves[1].detach(), leaves[2].detach())
    sets = PickedSets(stacks, picks, RecycledMemory())
    run_as_the_loop_does(sets, parts, (weight_ih, weight_hh, bias))
    *gradients, coefficients = sets.finish_gradients()
    torch.testing.assert_close(tuple(gradients), expected_gradients((weight_ih, weight_hh, bias), leaves, parts))
    assert coefficients is None


@pytest.mark.parametrize("formed_bytes", [1, 2 * ROWS * INPUTS * 8, 1 << 20], ids=["1 step", "2 steps", "a window"])
def test_mixed_sets_are_formed_for_some_steps_at_a_time_and_so_are_their_gradients(
    formed_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets_module, "FORMED_BYTES", formed_bytes)
    stacks, coefficients = weights(), draw(7, NUM_SETS, seed=9)
    leaves = [tensor.clone().requires_grad_() for tensor in (*stacks, coefficients)]
    weight_ih, weight_hh, bias = (torch.einsum("tk,k...->t...", leaves[3], leaf) for leaf in leaves[:3])
    parts = draw_parts(7)
    sets = MixedSets(stacks, coefficients, 3, RecycledMemory())
    run_as_the_loop_does(sets, parts, (weight_ih, weight_hh, bias))
    torch.testing.assert_close(sets.finish_gradients(), expected_gradients((weight_ih, weight_hh, bias), leaves, parts))
