"""The sharing schemes, one record each; whatever else must know of a scheme derives it. It does not import torch.

A scheme is a subclass of `Sharing` in a module of this folder, and a record in `SCHEMES`. One from outside the package
needs no record: its place, "module:Class", is its name (docs/extending.md).
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from timeshare.nn.choices import BasisName, Beyond, check_choice, load

if TYPE_CHECKING:
    from timeshare.nn.schemes.sharing import Sharing

Option = bool | int | float | str | tuple[int, ...] | None


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
        except TypeError as error:
            raise ValueError(f"sharing {self.name!r}: {error}") from None
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


def find_scheme(name: str) -> Scheme:
    """The record of a scheme: by its name in `SCHEMES`, or made of the class at the place "module:Class".

    Raises:
        ValueError: there is none, in one line that says why.
    """
    if name in SCHEMES:
        return SCHEMES[name]
    module, colon, class_name = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), class_name)):
        raise ValueError(f"is {name!r}; give {', '.join(SCHEMES)}, or MODULE:CLASS for a scheme of your own")
    try:
        kind = load(name)
    except AttributeError:
        raise ValueError(f"is {name!r}, but module {module!r} has no {class_name!r}; define it there") from None
    except Exception as error:  # whatever the module does when it is imported
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(f"is {name!r}, but module {module!r} cannot be imported ({reason}); mend it") from None
    from timeshare.nn.schemes.sharing import Sharing

    if not (isinstance(kind, type) and issubclass(kind, Sharing)):
        raise ValueError(f"is {name!r}, which is not a subclass of timeshare.nn.Sharing; make it one")
    return Scheme(name, name, _arguments(kind), tuple(n for n in _arguments(kind, required=True) if n != "extent"))


def build_sharing(
    sharing: str,
    *,
    extent: int | None = None,
    beyond: Beyond = "hold",
    num_sets: int | None = None,
    bounds: tuple[int, ...] | None = None,
    basis: BasisName = "fourier",
    scale: float | None = None,
    hyper_size: int = 16,
    hyper_embedding_size: int = 8,
) -> "Sharing":
    """Build the scheme called `sharing`.

    Any scheme takes `extent`, `beyond`, `basis` and the sizes of 'hyper', of use or not, so that callers can pass them
    whatever the scheme.

    Raises:
        ValueError: there is no such scheme, an argument that it needs is missing, one is out of range, or num_sets,
            bounds or scale are given to a scheme that does not read them.
    """
    check_choice("sharing", sharing, tuple(SCHEMES))
    scheme = SCHEMES[sharing]
    for name, value in (("num_sets", num_sets), ("bounds", bounds), ("scale", scale)):
        if value is not None and name not in scheme.reads:
            raise ValueError(f"sharing {sharing!r} has no use for {name}; leave it out")
    for name, size in (("extent", extent), ("hyper_size", hyper_size), ("hyper_embedding_size", hyper_embedding_size)):
        if size is not None and size < 1:
            raise ValueError(f"{name} must be at least 1; it is {size}")
    check_choice("beyond", beyond, get_args(Beyond))
    check_choice("basis", basis, get_args(BasisName))
    return scheme.build(
        {
            "extent": extent,
            "beyond": beyond,
            "num_sets": num_sets,
            "bounds": bounds,
            "basis": basis,
            "scale": scale,
            "hyper_size": hyper_size,
            "hyper_embedding_size": hyper_embedding_size,
        }
    )


def _arguments(kind: type, required: bool = False) -> tuple[str, ...]:
    """The names of a class's arguments, or of those without a default."""
    parameters = inspect.signature(kind).parameters.values()
    return tuple(one.name for one in parameters if not required or one.default is inspect.Parameter.empty)
