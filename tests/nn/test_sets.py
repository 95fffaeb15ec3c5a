"""The sets of weights as the fast loop reads them, beside the same sums written out."""

import pytest
import torch
from torch import Tensor

from tests.nn.layers import draw
from timeshare.nn.memory import RecycledMemory
from timeshare.nn.sets import MixedSets, PickedSets, Window, plan_windows

NUM_SETS, ROWS, INPUTS, HIDDEN, BATCH = 5, 6, 3, 2, 4


def weights() -> tuple[Tensor, Tensor, Tensor]:
    return (
        draw(NUM_SETS, ROWS, INPUTS, seed=1),
        draw(NUM_SETS, ROWS, HIDDEN, seed=2),
        draw(NUM_SETS, ROWS, seed=3),
    )


@pytest.mark.parametrize(
    ("picks", "size", "expected"),
    [
        ([0], 4, [(0, 1, 0, True)]),
        ([0, 0, 0, 0, 0], 4, [(0, 2, 0, True), (2, 5, 0, True)]),
        ([0, 1, 2, 3, 4], 8, [(0, 5, 0, False)]),
        ([2, 3, 4, 4, 4, 4], 8, [(0, 3, 2, False), (3, 6, 4, True)]),
        ([0, 1, 0, 1, 0], 8, [(0, 2, 0, False), (2, 4, 0, False), (4, 5, 0, True)]),
    ],
)
def test_windows_are_runs_of_one_set_or_of_consecutive_sets(picks: list, size: int, expected: list) -> None:
    assert plan_windows(picks, size) == [Window(*window) for window in expected]


@pytest.mark.parametrize(
    "picks", [[0, 1, 2, 3, 4], [0, 1, 2, 2, 2, 2, 2], [0, 1, 2, 0, 1, 2, 0], [3, 3, 4], [1, 2, 3, 3, 0, 1, 2, 3, 4, 4]]
)
def test_picked_sets_are_read_as_they_are_and_gather_their_steps_gradients(picks: list[int]) -> None:
    stacks = weights()
    gates, inputs, hidden = (draw(len(picks), size, BATCH, seed=size) for size in (ROWS, INPUTS, HIDDEN))
    sets = PickedSets(stacks, picks, 3, RecycledMemory())
    sets.start_gradients()
    for window in reversed(sets.windows):
        steps = slice(window.start, window.stop)
        for read, stack in zip(sets.read(window), stacks, strict=True):
            assert torch.equal(read, stack[picks[steps]])
        sets.add_gradients(window, gates[steps], inputs[steps], hidden[steps])

    expected = [torch.zeros_like(stack) for stack in stacks]
    for step, k in enumerate(picks):
        expected[0][k] += gates[step] @ inputs[step].t()
        expected[1][k] += gates[step] @ hidden[step].t()
        expected[2][k] += gates[step].sum(1)
    *gradients, coefficients = sets.finish_gradients()
    torch.testing.assert_close(gradients, expected)
    assert coefficients is None


def test_mixed_sets_are_formed_a_window_at_a_time_and_so_are_their_gradients() -> None:
    num_steps = 7
    stacks, coefficients = weights(), draw(num_steps, NUM_SETS, seed=9)
    leaves = [tensor.clone().requires_grad_() for tensor in (*stacks, coefficients)]
    formed = [torch.einsum("tk,k...->t...", leaves[3], leaf) for leaf in leaves[:3]]
    gates, inputs, hidden = (draw(num_steps, size, BATCH, seed=size) for size in (ROWS, INPUTS, HIDDEN))

    sets = MixedSets(stacks, coefficients, 3, RecycledMemory())
    sets.start_gradients()
    for window in reversed(sets.windows):
        steps = slice(window.start, window.stop)
        torch.testing.assert_close(list(sets.read(window)), [part[steps].detach() for part in formed])
        sets.add_gradients(window, gates[steps], inputs[steps], hidden[steps])

    arriving = [gates @ inputs.transpose(1, 2), gates @ hidden.transpose(1, 2), gates.sum(2)]
    expected = torch.autograd.grad(formed, leaves, arriving)
    torch.testing.assert_close(sets.finish_gradients(), expected)
