"""What the weights are at step t: W(t) = sum_k phi_k(t) W_k, with phi_k(t) from a scheme.

A scheme knows step numbers and coefficients only; the K sets themselves belong to the layer. Schemes that use one set
a step (`picks`) are one-hot in phi, and the layers index instead of multiplying.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, get_args

import torch
from torch import Tensor, nn

from timeshare.nn.choices import Align, Beyond, Start, check_at_least_one, check_choice
from timeshare.nn.initial import draw_uniform

if TYPE_CHECKING:
    from timeshare.nn.layer import TimeLayer


class BeyondExtentError(ValueError):
    """A step beyond the extent, where `beyond` is 'error'."""


def within_extent(numbers: Sequence[int], extent: int, beyond: Beyond) -> list[int]:
    """Map step numbers to 0 .. extent - 1 under the rule for steps beyond the extent.

    Args:
        numbers: step numbers, below zero where steps count back from the end.
        extent: steps that have weights.
        beyond: 'hold' stays at the nearest step that has weights, 'cycle' starts again, 'error' refuses.

    Raises:
        BeyondExtentError: a number lies outside the extent and `beyond` is 'error'.
        ValueError: there is no such rule.

    >>> within_extent(range(5), 3, "hold"), within_extent(range(5), 3, "cycle")
    ([0, 1, 2, 2, 2], [0, 1, 2, 0, 1])
    """
    if beyond == "hold":
        return [min(max(number, 0), extent - 1) for number in numbers]
    if beyond == "cycle":
        return [number % extent for number in numbers]
    check_choice("beyond", beyond, get_args(Beyond))
    if any(number < 0 or number >= extent for number in numbers):
        raise BeyondExtentError(f"{len(numbers)} steps, but there are weights for {extent} only and beyond='error'")
    return list(numbers)


def within_open_extent(numbers: Tensor, extent: int, beyond: Beyond) -> Tensor:
    """`within_extent` of numbers in a tensor, whose values are not looked at: int64 [T].

    Raises:
        ValueError: `beyond` is 'error'.
    """
    if beyond == "error":
        raise ValueError(
            "an exported graph cannot refuse long inputs: set beyond to 'hold' or 'cycle' before exporting"
        )
    return numbers.clamp(0, extent - 1) if beyond == "hold" else numbers.remainder(extent)


class Sharing(nn.Module):
    """A scheme: which of `num_sets` sets of weights, in which proportions, make the weights at each step.

    A scheme of its own defines `picks` or `coefficients`. The arguments of its class are the options that it reads.

    Attributes:
        num_sets: K.
        extent: steps that have weights of their own; None where the scheme is defined for every step.
        beyond: the rule for steps outside the extent; of no effect where extent is None.
        random_sets: the sets from this number on are deviations from the earlier ones, and start at zero.
        layer: the layer that runs it, where its weights are no function of the step alone; None: TimeLayer.
    """

    layer: ClassVar["type[TimeLayer] | None"] = None

    def __init__(self, num_sets: int, extent: int | None = None, beyond: Beyond = "hold") -> None:
        super().__init__()
        check_at_least_one("extent", 1 if extent is None else extent)
        check_at_least_one("num_sets", num_sets)
        check_choice("beyond", beyond, get_args(Beyond))
        self.num_sets = num_sets
        self.extent = extent
        self.beyond: Beyond = beyond
        self.random_sets = num_sets

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw what the scheme itself learns, from the generator; each layer and direction has a copy of its own."""

    @torch.no_grad()
    def draw_sets(self, weight: Tensor, size: int, start: Start, generator: torch.Generator | None = None) -> None:
        """Fill the stacked sets [K, ...] from U(-1 / sqrt(size), 1 / sqrt(size)): each by itself, or all alike.

        Equal sets take the numbers that a single set would, so that the same seed begins the shared net. Sets that are
        deviations start at zero either way.

        Raises:
            ValueError: `start` is neither 'independent' nor 'equal'.
        """
        draw_uniform((weight[:1] if start == "equal" else weight,), size, generator)
        self.relate_sets(weight, start)

    @torch.no_grad()
    def relate_sets(self, weight: Tensor, start: Start) -> None:
        """Make drawn sets [K, ...] what they start as: where they start equal, all the first; deviations zero.

        Raises:
            ValueError: `start` is neither 'independent' nor 'equal'.
        """
        check_choice("start", start, get_args(Start))
        if start == "equal":
            weight[1 : self.random_sets] = weight[0]
        weight[self.random_sets :] = 0

    def step_numbers(self, num_steps: int, align: Align = "start") -> range:
        """The numbers of `num_steps` steps: from 0 on, or such that the last step is the extent's last.

        Schemes without an extent count back from -1 when they are aligned to the end.
        """
        first = self._first(num_steps, align)
        return range(first, first + num_steps)

    def open_numbers(self, num_steps: int, align: Align = "start") -> Tensor:
        """`step_numbers` in a graph that leaves the number of steps open: int64 [T]."""
        return torch.arange(num_steps) + self._first(num_steps, align)

    def _first(self, num_steps: int, align: Align) -> int:
        return 0 if align == "start" else (self.extent or 0) - num_steps

    def picks(self, numbers: Sequence[int]) -> list[int] | None:
        """The one set that each step uses, or None where sets are mixed."""
        return None

    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        """phi at the numbered steps, float [T, K]."""
        picks = self.picks(numbers)
        if picks is None:
            raise NotImplementedError(f"{type(self).__name__} neither picks sets nor mixes them")
        return nn.functional.one_hot(torch.tensor(picks), self.num_sets).to(torch.float64)

    def at(self, numbers: Tensor) -> Tensor:
        """`picks`, int64 [T], or `coefficients`, float [T, K], of numbers in a tensor, whose values are not looked at.

        Only a graph exported with an open number of steps asks for them.

        Raises:
            ValueError: this scheme cannot say.
        """
        raise ValueError(
            f"sharing {type(self).__name__} has no method `at`, which an exported graph with an open number of steps "
            "needs: define it, or export with a fixed number of steps"
        )

    def extra_repr(self) -> str:
        parts = [f"num_sets={self.num_sets}"]
        if self.extent is not None:
            parts += [f"extent={self.extent}", f"beyond={self.beyond!r}"]
        return ", ".join(parts)
