"""Sets that each step mixes (a mixture, a basis): formed for a few steps at a time only.

So memory does not grow with time, and what is formed is used while the processor's cache still holds it.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from timeshare.nn.memory import RecycledMemory
from timeshare.nn.sets import Weights, even_ranges, padded, room_for

FORMED_BYTES = 2 << 20  # of one weight, formed for some steps: what the processor's cache holds beside the rest


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
        self.gradients = [gradient.zero_() for gradient in room_for(self.weights, self.memory)]
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
        return (*padded(self.gradients), self._coefficient_gradient)

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


def _some_of(weight: Tensor, most_steps: int, memory: RecycledMemory) -> Tensor:
    """Room for one of the sets' weights at as many steps as are formed at once.

    At least as many as there are sets, which are read anew for each such piece: else most of the traffic is theirs.
    """
    fitting = FORMED_BYTES // (weight[0].numel() * weight.element_size())
    steps = min(max(fitting, len(weight)), most_steps)
    return memory.empty((steps, *weight.shape[1:]), weight)
