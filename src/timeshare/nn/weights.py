"""What the weights are at step t: W(t) = sum_k phi_k(t) W_k, with phi_k(t) from one of the schemes below.

A scheme knows step numbers and coefficients only; the K sets themselves belong to the layer. Schemes that use one set
a step (`picks`) are one-hot in phi, and the layers index instead of multiplying.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

Beyond = Literal["hold", "cycle", "error"]
BasisName = Literal["fourier", "polynomial", "rbf", "constant"]
Start = Literal["independent", "equal"]
Number = TypeVar("Number", int, float)
BEYOND_RULES: tuple[Beyond, ...] = ("hold", "cycle", "error")
STARTS: tuple[Start, ...] = ("independent", "equal")
BASIS_NAMES: tuple[BasisName, ...] = ("fourier", "polynomial", "rbf", "constant")
# What each scheme reads beside extent, beyond and basis, which any scheme may be given.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "shared": (),
    "unshared": (),
    "periodic": ("num_sets",),
    "segments": ("num_sets", "bounds"),
    "mixture": ("num_sets",),
    "basis": ("num_sets", "scale"),
    "hyper": (),
}


class BeyondExtentError(ValueError):
    """A step beyond the extent, where `beyond` is 'error'."""


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a value of an argument that is none of the choices.

    Raises:
        ValueError: it is another; the message names the argument and the choices.
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; it is {value!r}")


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
    check_choice("beyond", beyond, BEYOND_RULES)
    if any(number < 0 or number >= extent for number in numbers):
        raise BeyondExtentError(f"{len(numbers)} steps, but there are weights for {extent} only and beyond='error'")
    return list(numbers)


class Sharing(nn.Module):
    """A scheme: which of `num_sets` sets of weights, in which proportions, make the weights at each step.

    Attributes:
        num_sets: K.
        extent: steps that have weights of their own; None where the scheme is defined for every step.
        beyond: the rule for steps outside the extent; of no effect where extent is None.
        random_sets: the sets from this number on are deviations from the earlier ones, and start at zero.
    """

    def __init__(self, num_sets: int, extent: int | None = None, beyond: Beyond = "hold") -> None:
        super().__init__()
        if extent is not None and extent < 1:
            raise ValueError(f"extent must be at least 1; it is {extent}")
        if num_sets < 1:
            raise ValueError(f"num_sets must be at least 1; it is {num_sets}")
        check_choice("beyond", beyond, BEYOND_RULES)
        self.num_sets = num_sets
        self.extent = extent
        self.beyond: Beyond = beyond
        self.random_sets = num_sets

    def step_numbers(self, num_steps: int, align: Literal["start", "end"] = "start") -> range:
        """The numbers of `num_steps` steps: from 0 on, or such that the last step is the extent's last.

        Schemes without an extent count back from -1 when they are aligned to the end.
        """
        first = 0 if align == "start" else (self.extent or 0) - num_steps
        return range(first, first + num_steps)

    def picks(self, numbers: Sequence[int]) -> list[int] | None:
        """The one set that each step uses, or None where sets are mixed."""
        return None

    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        """phi at the numbered steps, float [T, K]."""
        picks = self.picks(numbers)
        if picks is None:
            raise NotImplementedError(f"{type(self).__name__} neither picks sets nor mixes them")
        return nn.functional.one_hot(torch.tensor(picks), self.num_sets).to(torch.float64)

    @torch.no_grad()
    def draw_sets(self, weight: Tensor, bound: float, start: Start, generator: torch.Generator | None) -> None:
        """Fill the stacked sets [K, ...] from U(-bound, bound): each by itself, or all with the same numbers.

        Sets that are deviations start at zero either way.

        Raises:
            ValueError: `start` is neither 'independent' nor 'equal'.
        """
        check_choice("start", start, STARTS)
        nn.init.uniform_(weight, -bound, bound, generator=generator)
        if start == "equal":
            weight[1 : self.random_sets] = weight[0]
        weight[self.random_sets :] = 0

    def extra_repr(self) -> str:
        parts = [f"num_sets={self.num_sets}"]
        if self.extent is not None:
            parts += [f"extent={self.extent}", f"beyond={self.beyond!r}"]
        return ", ".join(parts)


class Shared(Sharing):
    """One set for every step: the ordinary recurrent net."""

    def __init__(self) -> None:
        super().__init__(1)

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [0] * len(numbers)


class Unshared(Sharing):
    """A set for each step of the extent."""

    def __init__(self, extent: int, beyond: Beyond = "hold") -> None:
        super().__init__(extent, extent, beyond)
        self.steps = extent

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return within_extent(numbers, self.steps, self.beyond)


class Periodic(Sharing):
    """p sets in turn: step t uses set t mod p."""

    def __init__(self, period: int) -> None:
        super().__init__(period)

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [number % self.num_sets for number in numbers]


class Segments(Sharing):
    """Consecutive blocks of time, each with its own set (shiftLSTM; Oh et al., MLHC 2019).

    Args:
        extent: steps that the blocks cover.
        num_sets: blocks, as equal in length as whole steps allow; may be left out when bounds are given.
        bounds: the first step of each block but the first, ascending.
        beyond: the rule for steps outside the extent.
    """

    def __init__(
        self,
        extent: int,
        num_sets: int | None = None,
        bounds: tuple[int, ...] | None = None,
        beyond: Beyond = "hold",
    ) -> None:
        if bounds is None:
            if num_sets is None:
                raise ValueError("sharing 'segments' needs num_sets or bounds")
            if num_sets > extent:
                raise ValueError(f"{num_sets} segments need an extent of as many steps; it is {extent}")
            bounds = tuple(math.ceil(k * extent / num_sets) for k in range(1, num_sets))
        elif num_sets not in (None, len(bounds) + 1):
            raise ValueError(f"{len(bounds)} bounds make {len(bounds) + 1} segments, but num_sets is {num_sets}")
        if list(bounds) != sorted(set(bounds)) or (bounds and (bounds[0] < 1 or bounds[-1] >= extent)):
            raise ValueError(f"bounds must ascend within 1 .. {extent - 1}; they are {bounds}")
        super().__init__(len(bounds) + 1, extent, beyond)
        self.steps = extent
        self.bounds = tuple(bounds)

    def picks(self, numbers: Sequence[int]) -> list[int]:
        return [bisect_right(self.bounds, step) for step in within_extent(numbers, self.steps, self.beyond)]


class Mixture(Sharing):
    """Learned proportions, on the simplex, of K sets at each step (mixLSTM; Oh et al., MLHC 2019).

    The proportions are the softmax of `logits` [extent, K]. Weight decay has no business there: the sets carry the
    scale, the logits only the choice (soft sharing; Savarese & Maire 2019).
    """

    def __init__(
        self, num_sets: int, extent: int, beyond: Beyond = "hold", generator: torch.Generator | None = None
    ) -> None:
        super().__init__(num_sets, extent, beyond)
        self.steps = extent
        self.logits = nn.Parameter(torch.empty(extent, num_sets))
        nn.init.normal_(self.logits, generator=generator)

    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        index = torch.tensor(within_extent(numbers, self.steps, self.beyond), device=self.logits.device)
        return self.logits.softmax(dim=1)[index]


class Basis(Sharing):
    """Fixed smooth functions of u = t / scale, defined for every t (Massaroli et al. 2020, over depth).

    - 'fourier': 1, cos 2 pi u, sin 2 pi u, cos 4 pi u, ...
    - 'polynomial': 1, u, u^2, ...
    - 'rbf': Gaussian bumps at K even places of u in [0, 1], as wide as they are apart, normalised to sum to 1; the
      nearest bump wins outside.
    - 'constant': 1 / K each.

    The first set of 'fourier' and 'polynomial' is what all steps share, and the others are deviations from it: these
    start at zero, so that training starts from a shared net.
    """

    def __init__(self, name: BasisName, num_sets: int, scale: float) -> None:
        super().__init__(num_sets)
        check_choice("basis", name, BASIS_NAMES)
        if not 0 < scale < math.inf:
            raise ValueError(f"scale must be above 0 steps, and finite; it is {scale}")
        self.name = name
        self.scale = scale
        if name in ("fourier", "polynomial"):
            self.random_sets = 1

    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        time = torch.tensor(list(numbers), dtype=torch.float64).unsqueeze(1) / self.scale
        order = torch.arange(self.num_sets, dtype=torch.float64)
        if self.name == "fourier":
            angle = 2 * math.pi * ((order + 1) // 2) * time
            return torch.where(order % 2 == 0, torch.where(order == 0, 1.0, angle.sin()), angle.cos())
        if self.name == "polynomial":
            return time**order
        if self.name == "rbf":
            spacing = 1 / max(self.num_sets - 1, 1)
            return (-(((time - order * spacing) / spacing) ** 2) / 2).softmax(dim=1)
        return torch.full((len(numbers), self.num_sets), 1 / self.num_sets, dtype=torch.float64)

    def extra_repr(self) -> str:
        return f"{self.name!r}, num_sets={self.num_sets}, scale={self.scale}"


def build_sharing(
    sharing: str,
    *,
    extent: int | None = None,
    beyond: Beyond = "hold",
    num_sets: int | None = None,
    bounds: tuple[int, ...] | None = None,
    basis: BasisName = "fourier",
    scale: float | None = None,
    generator: torch.Generator | None = None,
) -> Sharing:
    """Build the scheme called `sharing`; that of 'hyper', which is no function of time alone, is one set.

    Any scheme takes `extent`, `beyond` and `basis`, of use or not, so that callers can pass them whatever the scheme.

    Raises:
        ValueError: there is no such scheme, an argument that it needs is missing, one is out of range, or num_sets,
            bounds or scale are given to a scheme that does not read them.
    """
    check_choice("sharing", sharing, tuple(OPTIONS))
    for name, value in (("num_sets", num_sets), ("bounds", bounds), ("scale", scale)):
        if value is not None and name not in OPTIONS[sharing]:
            raise ValueError(f"sharing {sharing!r} has no use for {name}; leave it out")
    if extent is not None and extent < 1:
        raise ValueError(f"extent must be at least 1; it is {extent}")
    check_choice("beyond", beyond, BEYOND_RULES)
    check_choice("basis", basis, BASIS_NAMES)

    def needed(name: str, value: Number | None) -> Number:
        if value is None:
            raise ValueError(f"sharing {sharing!r} needs {name}")
        return value

    builders: dict[str, Callable[[], Sharing]] = {
        "shared": Shared,
        "unshared": lambda: Unshared(needed("extent", extent), beyond),
        "periodic": lambda: Periodic(needed("num_sets", num_sets)),
        "segments": lambda: Segments(needed("extent", extent), num_sets, bounds, beyond),
        "mixture": lambda: Mixture(needed("num_sets", num_sets), needed("extent", extent), beyond, generator),
        "basis": lambda: Basis(
            basis, needed("num_sets", num_sets), needed("scale or extent", extent if scale is None else scale)
        ),
        "hyper": Shared,
    }
    return builders[sharing]()
