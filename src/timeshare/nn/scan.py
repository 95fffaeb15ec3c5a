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

from timeshare.nn.cells import Cell
from timeshare.nn.memory import RecycledMemory
from timeshare.nn.padding import last_steps
from timeshare.nn.sets import MixedSets, PickedSets, Weights

State = tuple[Tensor, ...]
WINDOW = 16  # steps whose projections and weight gradients are computed together; see docs/adr/0003-recurrent-loop.md


@dataclass(frozen=True)
class Spans:
    """The steps of each sequence in a padded batch of `num_steps` steps.

    Attributes:
        num_steps: T.
        starts: int64 [B], each sequence's first step; None: all 0.
        stops: int64 [B], the step after each sequence's last; None: all T.
    """

    num_steps: int
    starts: Tensor | None = None
    stops: Tensor | None = None

    def active(self) -> Tensor | None:
        """True on the sequences' own steps, bool [B, T]; None where that is every step."""
        if self.starts is None and self.stops is None:
            return None
        bound = self.starts if self.starts is not None else self.stops
        steps = torch.arange(self.num_steps, device=bound.device)  # type: ignore[union-attr]
        after = True if self.starts is None else steps >= self.starts.unsqueeze(1)
        before = True if self.stops is None else steps < self.stops.unsqueeze(1)
        return after & before  # type: ignore[return-value]

    def starting(self) -> dict[int, Tensor]:
        """step -> bool [B], which sequences start there; step 0 left out."""
        return {} if self.starts is None else _groups(self.starts, skip=0)

    def stopping(self) -> dict[int, Tensor]:
        """slot -> bool [B], which sequences have stopped there; the last slot, T, left out."""
        return {} if self.stops is None else _groups(self.stops, skip=self.num_steps)


def _groups(steps: Tensor, skip: int) -> dict[int, Tensor]:
    return {step: steps == step for step in steps.unique().tolist() if step != skip}


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
    history = []
    for t in range(spans.num_steps):
        if truncate is not None and t and t % truncate == 0:
            state = tuple(part.detach() for part in state)
        after = step(t, state)
        if spans.starts is not None:
            started = (spans.starts <= t).unsqueeze(1)
            after = tuple(torch.where(started, new, old) for new, old in zip(after, state, strict=True))
        state = after
        history.append(state)
    output, *rest = (torch.stack(parts, dim=1) for parts in zip(*history, strict=True))
    if spans.stops is not None:
        state = tuple(last_steps(part, spans.stops) for part in (output, *rest))
    active = spans.active()
    return output if active is None else output.masked_fill(~active.unsqueeze(2), 0), state


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
    few element-wise operations a step. It can be differentiated once.

    Args:
        cell: its equations and their adjoint.
        x: float [B, T, E].
        weights: (weight_ih [K, G*H, E], weight_hh [K, G*H, H], bias [K, G*H]).
        picks: the set that each step uses, T of them; or None.
        coefficients: float [T, K], the proportions of the sets in each step, where picks is None.
        state: the initial state, each float [B, H].
        spans: the steps of each sequence.
        memory: where the gradients of the weights live.
        truncate: gradients do not pass between steps k - 1 and k, 2k - 1 and 2k, ...; None: they pass everywhere.

    Returns:
        (output [B, T, H], the state after each sequence's last step, each [B, H]).
    """
    plan = _Plan(cell, None if picks is None else tuple(picks), spans, memory, truncate)
    output, *final = _Scan.apply(plan, x, *weights, coefficients, *state)
    return output, tuple(final)


@dataclass(frozen=True)
class _Plan:
    cell: Cell
    picks: tuple[int, ...] | None
    spans: Spans
    memory: RecycledMemory
    truncate: int | None

    def sets(self, weights: Weights, coefficients: Tensor | None) -> PickedSets | MixedSets:
        if self.picks is None:
            return MixedSets(weights, coefficients, WINDOW)
        return PickedSets(weights, self.picks, WINDOW, self.memory)


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        plan: _Plan,
        x: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias: Tensor,
        coefficients: Tensor | None,
        *state: Tensor,
    ) -> tuple[Tensor, ...]:
        active = plan.spans.active()
        if active is not None:
            x = x.masked_fill(~active.unsqueeze(2), 0)
        batch, num_steps, _ = x.shape
        columns = x.permute(1, 2, 0)  # [T, E, B]
        loop = plan.cell.forward(x, num_steps, weight_hh.shape[2], batch)
        for slots, part in zip(loop.states, state, strict=True):
            slots[0] = part.t()
        starting = plan.spans.starting()
        sets = plan.sets((weight_ih, weight_hh, bias), coefficients)
        gates, hidden = loop.gates.unbind(0), loop.states[0].unbind(0)
        for window in sets.windows:
            step_ih, step_hh, step_bias = sets.read(window)
            steps = slice(window.start, window.stop)
            torch.baddbmm(step_bias.unsqueeze(2), step_ih, columns[steps], out=loop.gates[steps])
            for step, weight in zip(range(window.start, window.stop), step_hh.unbind(0), strict=True):
                if step in starting:
                    for slots, part in zip(loop.states, state, strict=True):
                        slots[step] = torch.where(starting[step], part.t(), slots[step])
                gates[step].addmm_(weight, hidden[step])
                loop.advance(step)
        ctx.plan = plan
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, weight_ih, weight_hh, bias, coefficients, *loop.buffers)
        output = loop.states[0][1:].permute(2, 0, 1).contiguous()
        if active is not None:
            output.masked_fill_(~active.unsqueeze(2), 0)
        final = [slots[num_steps].t().contiguous() for slots in loop.states]
        for slot, stopped in plan.spans.stopping().items():
            for part, slots in zip(final, loop.states, strict=True):
                part[stopped] = slots[slot].t()[stopped]
        return output, *final

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor | None, *grad_final: Tensor | None) -> tuple[Any, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError("the fast loop can be differentiated once only: set `fast` of the layers to False")
        plan: _Plan = ctx.plan
        x, weight_ih, weight_hh, bias, coefficients, *buffers = ctx.saved_tensors
        num_steps = x.shape[1]
        sets = plan.sets((weight_ih, weight_hh, bias), coefficients)
        adjoint = plan.cell.adjoint(tuple(buffers), min(WINDOW, num_steps))
        columns = x.permute(1, 2, 0)  # [T, E, B]
        if grad_output is not None:
            active = plan.spans.active()
            grad_columns = grad_output.permute(1, 2, 0)  # [T, H, B]
            outside = None if active is None else ~active.t().unsqueeze(1)
        needs_x, needs_weights = ctx.needs_input_grad[1], any(ctx.needs_input_grad[2:6])
        grad_x = torch.empty_like(x) if needs_x else None
        finals = [None if part is None else part.t() for part in grad_final]
        grad_state = [torch.zeros_like(part) for part in adjoint.gradients]
        starting, stopping = plan.spans.starting(), plan.spans.stopping()
        stopping[num_steps] = None if plan.spans.stops is None else plan.spans.stops == num_steps
        if needs_weights:
            sets.start_gradients()
        grad_hidden = adjoint.gradients[0]
        for window in reversed(sets.windows):
            step_ih, step_hh, _ = sets.read(window)
            steps, size = slice(window.start, window.stop), window.stop - window.start
            adjoint.load(window.start, window.stop)
            if grad_output is not None:
                arriving = grad_columns[steps].contiguous()
                if outside is not None:
                    arriving = arriving.masked_fill(outside[steps], 0)
            for step, weight in zip(range(window.stop - 1, window.start - 1, -1), step_hh.unbind(0)[::-1], strict=True):
                if step + 1 in stopping:
                    stopped = stopping[step + 1]
                    for part, final in zip(adjoint.gradients, finals, strict=True):
                        if final is not None:
                            part.add_(final if stopped is None else torch.where(stopped, final, 0))
                if grad_output is not None:
                    grad_hidden.add_(arriving[step - window.start])
                adjoint.retreat(step)
                torch.mm(weight.t(), adjoint.gate_gradients[step - window.start], out=grad_hidden)
                if step in starting:
                    for part, initial in zip(adjoint.gradients, grad_state, strict=True):
                        initial.add_(torch.where(starting[step], part, 0))
                        part.masked_fill_(starting[step], 0)
                if plan.truncate is not None and step and step % plan.truncate == 0:
                    for part in adjoint.gradients:
                        part.zero_()
            gate_gradients = adjoint.gate_gradients[:size]
            if needs_weights:
                sets.add_gradients(window, gate_gradients, columns[steps], adjoint.hidden[steps])
            if grad_x is not None:
                grad_x[:, steps] = torch.bmm(gate_gradients.transpose(1, 2), step_ih).transpose(0, 1)
        for part, initial in zip(adjoint.gradients, grad_state, strict=True):
            initial.add_(part)
        weight_gradients = sets.finish_gradients() if needs_weights else (None,) * 4
        return None, grad_x, *weight_gradients, *(part.t() for part in grad_state)
