"""Sets of which each step picks one: read as slices, never copied.

Each product is batched over as many steps of a window as slices allow.
"""

from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor

from timeshare.nn.memory import RecycledMemory
from timeshare.nn.sets import Weights, padded, room_for

STRANDS_KEPT = 256  # windows, of all lengths and schemes at work; a plan is some slices


class Strand(NamedTuple):
    """Steps at even distances that use one set, or consecutive sets in turn; both as slices."""

    steps: slice
    sets: slice

    @property
    def constant(self) -> bool:
        return self.sets.stop - self.sets.start == 1


@lru_cache(maxsize=STRANDS_KEPT)
def plan_strands(picks: tuple[int, ...]) -> list[Strand]:
    """Cut steps into strands, each as long as it can be made from the first step that is left.

    >>> [(strand.steps, strand.sets) for strand in plan_strands((0, 1, 0, 1, 0))]
    [(slice(0, 5, 2), slice(0, 1, None)), (slice(1, 4, 2), slice(1, 2, None))]
    """
    left = dict(enumerate(picks))
    strands = []
    for start, first in enumerate(picks):
        if start not in left:
            continue
        rising = 1
        while left.get(start + rising) == first + rising:
            rising += 1
        stride = next((step - start for step in left if step > start and left[step] == first), 1)
        same = 1
        while left.get(start + same * stride) == first:
            same += 1
        if same >= rising:
            steps, sets = range(start, start + same * stride, stride), slice(first, first + 1)
        else:
            steps, sets = range(start, start + rising), slice(first, first + rising)
        for step in steps:
            del left[step]
        strands.append(Strand(slice(steps[0], steps[-1] + 1, steps.step), sets))
    return strands


class PickedSets:
    """One set for each step: StepWeights, of `picks`."""

    def __init__(self, weights: Weights, picks: Sequence[int], memory: RecycledMemory) -> None:
        self.weights = weights
        self.picks = tuple(picks)
        self.memory = memory

    def _strands(self, steps: range) -> list[Strand]:
        return plan_strands(self.picks[steps.start : steps.stop])

    def project(self, steps: range, inputs: Tensor, gates: Tensor) -> None:
        weight_ih, _, bias, _ = self.weights
        for strand in self._strands(steps):
            read, filled = inputs[strand.steps], gates[strand.steps]
            weight = weight_ih[strand.sets].expand(len(read), -1, -1)
            torch.baddbmm(bias[strand.sets].unsqueeze(2), weight, read, out=filled)

    def fill_bias(self, steps: range, by_hidden: Tensor) -> None:
        if self.weights.bias_hh is not None:
            for strand in self._strands(steps):
                by_hidden[strand.steps] = self.weights.bias_hh[strand.sets].unsqueeze(2)

    def recurrent(self, steps: range) -> Iterator[Tensor]:
        sets = self.weights.weight_hh
        return (sets[k] for k in self.picks[steps.start : steps.stop])

    def project_back(self, steps: range, gates: Tensor, inputs: Tensor) -> None:
        for strand in self._strands(steps):
            read, filled = gates[strand.steps], inputs[strand.steps]
            weight = self.weights.weight_ih[strand.sets].expand(len(read), -1, -1)
            torch.bmm(read.transpose(1, 2), weight, out=filled)

    def recurrent_back(self, steps: range) -> Iterator[Tensor]:
        sets = self.weights.weight_hh.transpose(1, 2)
        return (sets[k] for k in reversed(self.picks[steps.start : steps.stop]))

    def start_gradients(self, needs_coefficients: bool) -> None:
        self.gradients = room_for(self.weights, self.memory)
        self._unwritten = set(range(len(self.weights.weight_ih)))

    def add_gradients(self, steps: range, products: tuple[Tensor, Tensor], read: tuple[Tensor, Tensor]) -> None:
        for strand in self._strands(steps):
            self._add_strand(strand, [product[strand.steps] for product in products], [x[strand.steps] for x in read])

    def _add_strand(self, strand: Strand, products: list[Tensor], read: list[Tensor]) -> None:
        chosen = range(strand.sets.start, strand.sets.stop)
        first = self._unwritten.issuperset(chosen)
        if not first:
            self._clear(self._unwritten.intersection(chosen))
        self._unwritten.difference_update(chosen)
        keep = 0 if first else 1  # what is there is not even read where this is 0
        weights, biases = self.gradients[:2], self.gradients[2:]
        for gradient, product, right in zip(weights, products, read, strict=True):
            part, columns = gradient[strand.sets], right.transpose(1, 2)
            if strand.constant:
                torch.addbmm(part[0], product, columns, beta=keep, out=part[0])
            else:
                torch.baddbmm(part, product, columns, beta=keep, out=part)
        for gradient, product in zip(biases, products, strict=False):  # one, unless the cell keeps them apart
            bias = product.sum((0, 2)) if strand.constant else product.sum(2)
            if first:
                gradient[strand.sets] = bias
            else:
                gradient[strand.sets] += bias

    def finish_gradients(self) -> tuple[Tensor | None, ...]:
        self._clear(self._unwritten)
        return (*padded(self.gradients), None)

    def _clear(self, sets: Set[int]) -> None:
        # As slices: an index would have to be sent to an accelerator, which waits for it.
        for first in sorted(sets):
            if first - 1 in sets:
                continue
            last = next(k for k in count(first) if k + 1 not in sets)
            for gradient in self.gradients:
                gradient[first : last + 1].zero_()
