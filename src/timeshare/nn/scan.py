"""The loop over time, twice: written plainly (`scan_plainly`), and fast, with its backward by hand (`scan`).

Both run each sequence of a padded batch over its own steps only, start .. stop - 1: before its start the state is the
initial one, past its stop nothing is read, outputs outside are zero, and what the padding holds reaches neither results
nor gradients.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from timeshare.nn.cells.contract import Adjoint, Cell, CellNorms, Forward, State
from timeshare.nn.memory import RecycledMemory
from timeshare.nn.mixed_sets import MixedSets
from timeshare.nn.picked_sets import PickedSets
from timeshare.nn.sets import StepWeights, Weights, even_ranges, weights_by_step
from timeshare.nn.spans import Borders, Spans

WINDOW = 32  # steps whose projections and weight gradients are computed together; see docs/adr/0003-recurrent-loop.md


def scan_plainly(
    step: Callable[[int, State], State], state: State, spans: Spans, truncate: int | None = None
) -> tuple[Tensor, State]:
    """The loop as it is written down: what `scan` is compared with, and what runs where `scan` does not.

    Args:
        step: (t, state) to the state after step t; parts float [B, ...], the first of them the output.
        state: the initial state.
        spans: the steps of each sequence.
        truncate: gradients do not pass between steps k - 1 and k, 2k - 1 and 2k, ...; None: they pass everywhere.

    Returns:
        (output [B, T, H], the state after each sequence's last step).
    """
    initial = state
    history: list[State] = []
    for t in range(spans.num_steps):
        if truncate is not None and t and t % truncate == 0:
            state = tuple(part.detach() for part in state)
        if spans.starts is not None:
            running = (spans.starts < t).unsqueeze(1)
            state = tuple(torch.where(running, now, first) for now, first in zip(state, initial, strict=True))
        state = step(t, state)
        history.append(state)
    return spans.finish([torch.stack(parts, dim=1) for parts in zip(*history, strict=True)], state)


def run_plainly(
    cell: Cell,
    x: Tensor,
    weights: Sequence[Weights],
    state: State,
    spans: Spans,
    truncate: int | None = None,
    norms: CellNorms | None = None,
) -> tuple[Tensor, State]:
    """`scan_plainly` of a cell's steps; x float [B, T, E], zero outside of the sequences; one set a step, T of them."""
    steps = x.unbind(1)
    return scan_plainly(lambda t, state: step_plainly(cell, steps[t], weights[t], state, norms), state, spans, truncate)


def step_plainly(cell: Cell, x: Tensor, weights: Weights, state: State, norms: CellNorms | None = None) -> State:
    """The state after one step, of x float [B, E], one set of weights and the state before it."""
    by_input, by_hidden = x @ weights.weight_ih.t(), state[0] @ weights.weight_hh.t()
    if norms is not None:
        by_input, by_hidden = norms.inputs(by_input), norms.hidden(by_hidden)
    if weights.bias_hh is not None:
        by_hidden = by_hidden + weights.bias_hh
    return cell.step(by_input + weights.bias, by_hidden, state, None if norms is None else norms.state)


def scan(
    cell: Cell,
    x: Tensor,
    weights: Weights,
    picks: Sequence[int] | None,
    coefficients: Tensor | None,
    state: State,
    spans: Spans,
    memory: RecycledMemory,
    *,
    truncate: int | None = None,
) -> tuple[Tensor, State]:
    """The fast loop: `scan_plainly` over steps of the K stacked sets, to rounding, with a backward of its own.

    Input projections and weight gradients are batched over a window of steps; the loop keeps one matrix product and a
    few element-wise operations a step. Where its gradients are to be differentiated, they are made by the plain loop.

    Args:
        cell: one that has a fast loop.
        x: float [B, T, E].
        weights: the K stacked sets; bias_hh of them where the cell is `apart`.
        picks: the set that each step uses, T of them; or None.
        coefficients: float [T, K], the proportions of the sets in each step, where picks is None.
        state: the initial state, each float [B, H].
        spans: the steps of each sequence.
        memory: for the gradients of the weights, and for weights formed on the way.
        truncate: gradients do not pass between steps k - 1 and k, 2k - 1 and 2k, ...; None: they pass everywhere.

    Returns:
        (output [B, T, H], the state after each sequence's last step, each [B, H]).
    """
    if cell.forward is None or cell.adjoint is None:
        raise ValueError("this cell has no fast loop")
    loop = cell.forward, cell.adjoint
    trained = torch.is_grad_enabled() and any(
        one is not None and one.requires_grad for one in (x, *weights, coefficients, *state)
    )
    if cell.compiled is not None and trained:
        loop = cell.compiled(x) or loop
    plan = _Plan(cell, *loop, None if picks is None else tuple(picks), spans, memory, truncate)
    output, *final = _Scan.apply(plan, spans.clear(x), *weights, coefficients, *state)
    return output, tuple(final)


@dataclass(frozen=True)
class _Plan:
    cell: Cell
    forward: Callable[[Tensor, int, int, int], Forward]
    adjoint: Callable[[tuple[Tensor, ...], int], Adjoint]
    picks: tuple[int, ...] | None
    spans: Spans
    memory: RecycledMemory
    truncate: int | None

    @property
    def windows(self) -> list[range]:
        return even_ranges(range(self.spans.num_steps), WINDOW)

    def sets(self, weights: Weights, coefficients: Tensor | None) -> StepWeights:
        if self.picks is not None:
            return PickedSets(weights, self.picks, self.memory)
        if coefficients is None:
            raise ValueError("either picks or coefficients must be given")
        return MixedSets(weights, coefficients, WINDOW, self.memory)

    def run_plainly(self, x: Tensor, weights: Weights, coefficients: Tensor | None, state: State) -> list[Tensor]:
        """What `_Scan` computes, in operations that torch differentiates as often as is asked."""
        by_step = weights_by_step(weights, self.picks, coefficients)
        output, final = run_plainly(self.cell, x, by_step, state, self.spans, self.truncate)
        return [output, *final]


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        plan: _Plan,
        x: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias: Tensor,
        bias_hh: Tensor | None,
        coefficients: Tensor | None,
        *state: Tensor,
    ) -> tuple[Tensor, ...]:
        columns = x.permute(1, 2, 0)  # [T, E, B]
        loop = plan.forward(x, x.shape[1], weight_hh.shape[2], x.shape[0])
        for slots, part in zip(loop.states, state, strict=True):
            slots[0] = part.t()
        borders = Borders(plan.spans, plan.truncate)
        sets = plan.sets(Weights(weight_ih, weight_hh, bias, bias_hh), coefficients)
        for window in plan.windows:
            steps = slice(window.start, window.stop)
            sets.project(window, columns[steps], loop.gates[steps])
            if loop.by_hidden is not None:
                sets.fill_bias(window, loop.by_hidden[steps])
            for t, weight in zip(window, sets.recurrent(window), strict=True):
                borders.start(t, loop.states, state)
                loop.advance(t, weight)
        ctx.plan = plan
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, weight_ih, weight_hh, bias, bias_hh, coefficients, *state, *loop.buffers)
        # A copy always: the loop's buffers are needed as they are in backward.
        output = loop.states[0][1:].permute(2, 0, 1).clone(memory_format=torch.contiguous_format)
        outside = plan.spans.outside()
        if outside is not None:
            output.masked_fill_(outside.unsqueeze(2), 0)
        return output, *borders.final(loop.states)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor | None, *grad_final: Tensor | None) -> tuple[Tensor | None, ...]:
        plan: _Plan = ctx.plan
        x, weight_ih, weight_hh, bias, bias_hh, coefficients, *rest = ctx.saved_tensors
        state, buffers = rest[: plan.cell.num_states], rest[plan.cell.num_states :]
        if torch.is_grad_enabled():  # as create_graph=True has it
            weights = Weights(weight_ih, weight_hh, bias, bias_hh)
            outputs = plan.run_plainly(x, weights, coefficients, tuple(state))
            return None, *_differentiable(outputs, (grad_output, *grad_final), (x, *weights, coefficients, *state))
        columns = x.permute(1, 2, 0)  # [T, E, B]
        adjoint = plan.adjoint(tuple(buffers), min(WINDOW, x.shape[1]))
        borders = Borders(plan.spans, plan.truncate)
        sets = plan.sets(Weights(weight_ih, weight_hh, bias, bias_hh), coefficients)
        grad_rows = x.new_empty(x.shape[1], x.shape[0], x.shape[2]) if ctx.needs_input_grad[1] else None  # [T, B, E]
        needs_weights = any(ctx.needs_input_grad[2:7])
        if needs_weights:
            sets.start_gradients(needs_coefficients=ctx.needs_input_grad[6])
        grad_state = tuple(torch.zeros_like(part) for part in adjoint.gradients)
        outside = plan.spans.outside()
        for window in reversed(plan.windows):
            steps = slice(window.start, window.stop)
            adjoint.load(window.start, window.stop, _arriving(grad_output, outside, steps, adjoint.gradients[0]))
            for t, weight in zip(reversed(window), sets.recurrent_back(window), strict=True):
                borders.add_final(t + 1, adjoint.gradients, grad_final)
                adjoint.retreat(t, weight)
                borders.take_initial(t, adjoint.gradients, grad_state)
            by_input, by_hidden = (product[: len(window)] for product in adjoint.products())
            if needs_weights:
                sets.add_gradients(window, (by_input, by_hidden), (columns[steps], adjoint.hidden[steps]))
            if grad_rows is not None:
                sets.project_back(window, by_input, grad_rows[steps])
        weight_gradients = sets.finish_gradients() if needs_weights else (None,) * 5
        grad_x = None if grad_rows is None else grad_rows.transpose(0, 1)
        return None, grad_x, *weight_gradients, *(part.t() for part in grad_state)


def _differentiable(
    outputs: Sequence[Tensor], arriving: Sequence[Tensor | None], inputs: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """Gradients of the inputs that can be differentiated again; None for what needs none."""
    leaves = [one for one in inputs if one is not None and one.requires_grad]
    reached = [(one, gradient) for one, gradient in zip(outputs, arriving, strict=True) if gradient is not None]
    reachable, gradients = zip(*reached, strict=True)
    found = iter(torch.autograd.grad(reachable, leaves, gradients, create_graph=True, allow_unused=True))
    return [next(found) if one is not None and one.requires_grad else None for one in inputs]


def _arriving(grad_output: Tensor | None, outside: Tensor | None, steps: slice, like: Tensor) -> Tensor | None:
    """What arrives at the outputs [B, T, H] of a window, as [n, H, B]; nothing arrives outside of the sequences.

    In memory it lies as `like` [H, B] does.
    """
    if grad_output is None:
        return None
    arriving = grad_output[:, steps].permute(1, 2, 0)
    if like.is_contiguous():
        arriving = arriving.contiguous()
    if outside is not None:
        arriving = arriving.masked_fill(outside.t()[steps].unsqueeze(1), 0)
    return arriving
