"""Which steps of a padded batch are each sequence's own, and what the loops do where one starts or stops.

A sequence takes its initial state where it starts and gives its final state where it stops; what the loop computes
outside is never read. So the loop runs all rows at every step, and touches rows apart only at these borders.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from timeshare.nn.cells.contract import State
from timeshare.nn.padding import last_steps, readable


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

    def outside(self) -> Tensor | None:
        """True on steps that are not a sequence's own, bool [B, T]; None where there are none."""
        if self.starts is not None:
            steps = torch.arange(self.num_steps, device=self.starts.device)
            before = steps < self.starts.unsqueeze(1)
            return before if self.stops is None else before | (steps >= self.stops.unsqueeze(1))
        if self.stops is not None:
            return torch.arange(self.num_steps, device=self.stops.device) >= self.stops.unsqueeze(1)
        return None

    def finish(self, history: Sequence[Tensor], final: State) -> tuple[Tensor, State]:
        """What a loop returns, of the states after each step, each [B, T, ...], and that after the last.

        Returns:
            (output [B, T, H], zero outside of the sequences; the state after each sequence's last step).
        """
        if self.stops is not None:
            final = tuple(last_steps(part, self.stops) for part in history)
        return self.clear(history[0]), final

    def clear(self, x: Tensor) -> Tensor:
        """x float [B, T, E] with zeros outside of the sequences."""
        outside = self.outside()
        return x if outside is None else x.masked_fill(outside.unsqueeze(2), 0)


class Borders:
    """The starts and stops of a batch, step by step, for states [H, B]."""

    def __init__(self, spans: Spans, truncate: int | None) -> None:
        self._starting = _rows_at(spans.starts, spans.num_steps, skip=0)
        self._stopping = _rows_at(spans.stops, spans.num_steps, skip=spans.num_steps)
        self._stops = spans.stops
        self._last = spans.num_steps
        self._running = None if spans.stops is None else spans.stops == spans.num_steps
        self._truncate = truncate

    def start(self, step: int, states: Sequence[Tensor], initial: State) -> None:
        """Before a step: the sequences that start there take the initial state, parts [B, H]; states [T + 1, H, B]."""
        if step in self._starting:
            for slots, part in zip(states, initial, strict=True):
                slots[step] = torch.where(self._starting[step], part.t(), slots[step])

    def final(self, states: Sequence[Tensor]) -> State:
        """The state each sequence stops in, parts [B, H]; states [T + 1, H, B]."""
        if self._stops is None:
            return tuple(slots[self._last].t().clone(memory_format=torch.contiguous_format) for slots in states)
        rows = torch.arange(len(self._stops), device=self._stops.device)
        return tuple(slots[self._stops, :, rows] for slots in states)

    def add_final(self, slot: int, gradients: State, arriving: Sequence[Tensor | None]) -> None:
        """Backward of `final`, before the step that ends in this slot: its sequences' gradients join, [B, H]."""
        rows = self._running if slot == self._last else self._stopping.get(slot)
        if rows is None and slot != self._last:
            return
        for part, final in zip(gradients, arriving, strict=True):
            if final is not None:
                part.add_(final.t() if rows is None else torch.where(rows, final.t(), 0))

    def take_initial(self, step: int, gradients: State, initial: State) -> None:
        """Backward of `start`, after a step: its sequences' gradients pass to their initial state, [H, B]."""
        if step == 0:
            for part, collected in zip(gradients, initial, strict=True):
                collected.add_(part)
        elif step in self._starting:
            rows = self._starting[step]
            for part, collected in zip(gradients, initial, strict=True):
                collected.add_(torch.where(rows, part, 0))
                part.masked_fill_(rows, 0)
        if self._truncate is not None and step % self._truncate == 0:
            for part in gradients:
                part.zero_()


def _rows_at(steps: Tensor | None, num_steps: int, skip: int) -> dict[int, Tensor]:
    """step -> bool [B], which sequences have it; one step left out. All steps are there, where none can be read."""
    if steps is None:
        return {}
    if readable(steps):
        return {step: steps == step for step in steps.unique().tolist() if step != skip}
    which = torch.arange(num_steps + 1, device=steps.device).unsqueeze(1) == steps
    return {step: rows for step, rows in enumerate(which.unbind(0)) if step != skip}
