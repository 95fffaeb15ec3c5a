"""The sharing schemes, one record each; whatever else must know of a scheme derives it. It does not import torch.

A scheme is a subclass of `Sharing` in a module of this folder, and a record in `SCHEMES`. One from outside the package
needs no record: its place, "module:Class", is its name (docs/extending.md).
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from timeshare.nn.choices import BasisName, Beyond, check_at_least_one, check_choice, load

if TYPE_CHECKING:
    from timeshare.nn.schemes.sharing import Sharing

Option = Any  # a number, text, or a tuple of numbers; None: not given


@dataclass(frozen=True)
class Scheme:
    """What can be asked about a scheme before there is one.

    Attributes:
        name: in settings, and as the argument `sharing` of the layers.
        place: of its class, "module:Class".
        reads: the options that it reads, which are the arguments of its class.
        needs: those that must be given; "num_sets or bounds": one of the two. Every model gives the extent.
        by_step: whether its weights depend on the number of the step.
    """

    name: str
    place: str
    reads: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    by_step: bool = True

    def build(self, options: Mapping[str, Option]) -> "Sharing":
        """The scheme under those of the options that it reads; None stands for the default.

        Raises:
            ValueError: an option that it needs is missing, or one is out of range.
        """
        given = {name: options[name] for name in self.reads if options.get(name) is not None}
        kind = load(self.place)
        missing = [name for name in _arguments(kind, required=True) if name not in given]
        if missing:
            raise ValueError(f"sharing {self.name!r} needs {missing[0]}")
        try:
            sharing: Sharing = kind(**given)
        except ValueError:
            raise
        except Exception as error:  # whatever a class of the user's own does
            raise ValueError(f"sharing {self.name!r}: {one_line(error)}") from None
        return sharing


_SCHEMES = (
    Scheme("shared", f"{__name__}.shared:Shared", by_step=False),
    Scheme("unshared", f"{__name__}.unshared:Unshared", ("extent", "beyond")),
    Scheme("periodic", f"{__name__}.periodic:Periodic", ("num_sets",), needs=("num_sets",)),
    Scheme(
        "segments",
        f"{__name__}.segments:Segments",
        ("num_sets", "bounds", "extent", "beyond"),
        needs=("num_sets or bounds",),
    ),
    Scheme("mixture", f"{__name__}.mixture:Mixture", ("num_sets", "extent", "beyond"), needs=("num_sets",)),
    Scheme("basis", f"{__name__}.basis:Basis", ("num_sets", "basis", "scale", "extent"), needs=("num_sets",)),
    Scheme("hyper", f"{__name__}.hyper:Hyper", ("hyper_size", "hyper_embedding_size"), by_step=False),
)
SCHEMES: Mapping[str, Scheme] = {scheme.name: scheme for scheme in _SCHEMES}


def scheme_of(place: str, kind: object) -> Scheme:
    """The record of a scheme from outside the package.

    Args:
        place: "module:Class", which is the scheme's name too.
        kind: what stands there.
    Raises:
        ValueError: it is no scheme, in one line that says why.
    """
    from timeshare.nn.schemes.sharing import Sharing

    if not (isinstance(kind, type) and issubclass(kind, Sharing)):
        raise ValueError(f"is {place!r}, which is not a subclass of timeshare.nn.Sharing; make it one")
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in inspect.signature(kind).parameters.values()):
        raise ValueError(f"is {place!r}, whose __init__ takes any arguments; name each option there")
    return Scheme(place, place, _arguments(kind), tuple(n for n in _arguments(kind, required=True) if n != "extent"))


def build_sharing(sharing: str, options: Mapping[str, Option]) -> "Sharing":
    """Build the scheme called `sharing`; an option that is None is left to its default.

    Options that some scheme reads must be in range, whether this one reads them or not, so that callers can pass them
    whatever the scheme. Three are refused where they are not read: a number of sets, bounds or a scale would be missed.

    Raises:
        ValueError: there is no such scheme, or an option is missing, out of range or refused; the message names it.
    """
    check_choice("sharing", sharing, tuple(SCHEMES))
    scheme = SCHEMES[sharing]
    for name, value in options.items():
        if value is None:
            continue
        if name in ("num_sets", "bounds", "scale") and name not in scheme.reads:
            raise ValueError(f"sharing {sharing!r} has no use for {name}; leave it out")
        if name in ("extent", "hyper_size", "hyper_embedding_size"):
            check_at_least_one(name, value)
        if name in _CHOICES:
            check_choice(name, value, _CHOICES[name])
    return scheme.build(options)


_CHOICES = {"beyond": get_args(Beyond), "basis": get_args(BasisName)}


def one_line(error: Exception) -> str:
    """What went wrong in code of the user's own."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def _arguments(kind: type, required: bool = False) -> tuple[str, ...]:
    """The names of a class's arguments, or of those without a default."""
    parameters = inspect.signature(kind).parameters.values()
    return tuple(one.name for one in parameters if not required or one.default is inspect.Parameter.empty)
