"""The K sets of weights as the fast loop reads them: a window of steps at a time, and their gradients likewise.

Sets that steps pick are read as slices, never copied, and each product is batched over as many steps of a window as
slices allow. Mixed sets (a mixture, a basis) are formed for a few steps at a time only: memory does not grow with time,
and what is formed is used while the processor's cache still holds it.
"""

import math
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from itertools import count, pairwise
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from timeshare.nn.memory import RecycledMemory

FORMED_BYTES = 2 << 20  # of one weight, formed for some steps: what the processor's cache holds beside the rest
STRANDS_KEPT = 256  # windows, of all lengths and schemes at work; a plan is some slices


class Weights(NamedTuple):
    """K stacked sets; each also stands for its gradients.

    Attributes:
        weight_ih: [K, G * H, E].
        weight_hh: [K, G * H, H].
        bias: [K, G * H], b_ih + b_hh; b_ih alone where the cell keeps the products apart.
        bias_hh: [K, G * H] where it does, else None.
    """

    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor
    bias_hh: Tensor | None


def weights_by_step(weights: Weights, picks: Sequence[int] | None, coefficients: Tensor | None) -> list[Weights]:
    """The weights of each of T steps, differentiable: the picked sets, or mixed by coefficients [T, K]."""
    formed = [stack for stack in weights if stack is not None]
    if coefficients is not None and picks is None:
        formed = [torch.einsum("tk,k...->t...", coefficients, stack) for stack in formed]
    # unbind, not stack[k]: the gradient of an indexed stack is as large as the stack, at every step.
    each = [Weights(*one, *[None] * (4 - len(one))) for one in zip(*(stack.unbind(0) for stack in formed), strict=True)]
    return each if picks is None else [each[k] for k in picks]


class StepWeights(Protocol):
    """What the loop asks of the sets, for a window: n consecutive steps, ascending."""

    def project(self, steps: range, inputs: Tensor, gates: Tensor) -> None:
        """Fill gates [n, G*H, B] with weight_ih times inputs [n, E, B], plus bias."""

    def fill_bias(self, steps: range, by_hidden: Tensor) -> None:
        """Fill [n, G*H, B] with bias_hh."""

    def recurrent(self, steps: range) -> Iterator[Tensor]:
        """weight_hh [G*H, H] of each step; each is valid until the next is asked for."""

    def project_back(self, steps: range, gates: Tensor, inputs: Tensor) -> None:
        """Fill inputs [n, B, E] with gates [n, G*H, B], transposed, times weight_ih."""

    def recurrent_back(self, steps: range) -> Iterator[Tensor]:
        """weight_hh, transposed, [H, G*H], of each step from the last to the first."""

    def start_gradients(self, needs_coefficients: bool) -> None:
        """Before the first window."""

    def add_gradients(self, steps: range, products: tuple[Tensor, Tensor], read: tuple[Tensor, Tensor]) -> None:
        """Add the window's share.

        Args:
            steps: the window.
            products: the gradients of W_ih x + b and of W_hh h + b_hh, each [n, G*H, B].
            read: x [n, E, B] and h [n, H, B].
        """

    def finish_gradients(self) -> tuple[Tensor | None, ...]:
        """(*Weights, coefficients): the gradients; None for what has none."""


def even_ranges(steps: range, size: int) -> list[range]:
    """Cut consecutive steps into pieces of at most `size`, as equal as whole steps allow.

    >>> even_ranges(range(7), 3)
    [range(0, 2), range(2, 4), range(4, 7)]
    """
    pieces = math.ceil(len(steps) / size)
    bounds = [len(steps) * piece // pieces for piece in range(pieces + 1)]
    return [steps[start:stop] for start, stop in pairwise(bounds)]


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
        self.gradients = _room_for(self.weights, self.memory)
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
        return (*_padded(self.gradients), None)

    def _clear(self, sets: Set[int]) -> None:
        # As slices: an index would have to be sent to an accelerator, which waits for it.
        for first in sorted(sets):
            if first - 1 in sets:
                continue
            last = next(k for k in count(first) if k + 1 not in sets)
            for gradient in self.gradients:
                gradient[first : last + 1].zero_()


class MixedSets:
    """Every step its own linear combination of the sets: StepWeights, of coefficients [T, K]."""

    def __init__(self, weights: Weights, coefficients: Tensor, most_steps: int, memory: RecycledMemory) -> None:
        self.weights = weights
        self.coefficients = coefficients
        self.memory = memory
        self._formed = [_some_of(weight, most_steps, memory) for weight in (weights.weight_ih, weights.weight_hh)]

    def project(self, steps: range, inputs: Tensor, gates: Tensor) -> None:
        biases = self.coefficients[steps.start : steps.stop] @ self.weights.bias
        for block, part in self._blocks(0, steps):
            torch.baddbmm(biases[part].unsqueeze(2), self._form(0, block), inputs[part], out=gates[part])

    def fill_bias(self, steps: range, by_hidden: Tensor) -> None:
        if self.weights.bias_hh is not None:
            biases = self.coefficients[steps.start : steps.stop] @ self.weights.bias_hh
            by_hidden.copy_(biases.unsqueeze(2))

    def recurrent(self, steps: range) -> Iterator[Tensor]:
        for block, _ in self._blocks(1, steps):
            yield from self._form(1, block).unbind(0)

    def project_back(self, steps: range, gates: Tensor, inputs: Tensor) -> None:
        for block, part in self._blocks(0, steps):
            torch.bmm(gates[part].transpose(1, 2), self._form(0, block), out=inputs[part])

    def recurrent_back(self, steps: range) -> Iterator[Tensor]:
        for block, _ in reversed(self._blocks(1, steps)):
            yield from reversed(self._form(1, block).transpose(1, 2).unbind(0))

    def start_gradients(self, needs_coefficients: bool) -> None:
        self.gradients = [gradient.zero_() for gradient in _room_for(self.weights, self.memory)]
        self._coefficient_gradient = torch.zeros_like(self.coefficients) if needs_coefficients else None

    def add_gradients(self, steps: range, products: tuple[Tensor, Tensor], read: tuple[Tensor, Tensor]) -> None:
        for which, (product, right) in enumerate(zip(products, read, strict=True)):
            for block, part in self._blocks(which, steps):
                formed = self._formed[which][: len(block)]
                torch.bmm(product[part], right[part].transpose(1, 2), out=formed)
                self._add_formed(which, block, formed)
        for which in range(2, len(self.gradients)):  # the biases
            self._add_formed(which, steps, products[which - 2].sum(2))

    def _add_formed(self, which: int, steps: range, formed: Tensor) -> None:
        """From the gradients of the formed weights of some steps, those of the sets and of the coefficients."""
        span, flat, sets = slice(steps.start, steps.stop), formed.flatten(1), self.weights[which]
        self.gradients[which].flatten(1).addmm_(self.coefficients[span].t(), flat)
        if self._coefficient_gradient is not None and sets is not None:
            self._coefficient_gradient[span].addmm_(flat, sets.flatten(1).t())

    def finish_gradients(self) -> tuple[Tensor | None, ...]:
        return (*_padded(self.gradients), self._coefficient_gradient)

    def _blocks(self, which: int, steps: range) -> list[tuple[range, slice]]:
        """The pieces of a window for which a weight is formed at once, each with its place in the window."""
        pieces = even_ranges(steps, len(self._formed[which]))
        return [(piece, slice(piece.start - steps.start, piece.stop - steps.start)) for piece in pieces]

    def _form(self, which: int, steps: range) -> Tensor:
        """A weight of each of some steps, stacked; valid until it is formed for others."""
        formed = self._formed[which][: len(steps)]
        sets = (self.weights.weight_ih, self.weights.weight_hh)[which].flatten(1)
        torch.mm(self.coefficients[steps.start : steps.stop], sets, out=formed.flatten(1))
        return formed


def _room_for(weights: Weights, memory: RecycledMemory) -> list[Tensor]:
    return [memory.empty(tuple(weight.shape), weight) for weight in weights if weight is not None]


def _padded(gradients: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """One for each of Weights."""
    return (*gradients, *[None] * (len(Weights._fields) - len(gradients)))


def _some_of(weight: Tensor, most_steps: int, memory: RecycledMemory) -> Tensor:
    """Room for one of the sets' weights at as many steps as are formed at once."""
    steps = min(max(FORMED_BYTES // (weight[0].numel() * weight.element_size()), 1), most_steps)
    return memory.empty((steps, *weight.shape[1:]), weight)
