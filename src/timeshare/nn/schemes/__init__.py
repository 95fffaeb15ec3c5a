"""The sharing schemes, one record each; whatever else must know of a scheme derives it. It does not import torch.

A scheme is a subclass of `Sharing` in a module of this folder, and a record in `SCHEMES`. One from outside the package
needs no record: its place, "module:Class", is its name (docs/extending.md).
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
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


def find_scheme(name: str) -> Scheme:
    """The record of a scheme: by its name in `SCHEMES`, or made of the class at the place "module:Class".

    The module is in no package: a saved model, which names its scheme, cannot then name code in a folder of its own.

    Raises:
        ValueError: there is none, in one line that says why.
    """
    if name in SCHEMES:
        return SCHEMES[name]
    module, colon, class_name = name.partition(":")
    if not colon or not module.isidentifier() or not class_name.isidentifier():
        raise ValueError(f"is {name!r}; give {', '.join(SCHEMES)}, or MODULE:CLASS for a scheme of your own")
    try:
        kind = getattr(import_module(module), class_name, None)
    except ModuleNotFoundError as error:
        what = f"there is no module {error.name!r} here" if error.name == module else f"it needs module {error.name!r}"
        raise ValueError(f"is {name!r}, but {what}; run in the folder that has it, or add it") from None
    except Exception as error:  # whatever the module does when it is imported
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(f"is {name!r}, but module {module!r} cannot be imported ({reason}); mend it") from None
    from timeshare.nn.schemes.sharing import Sharing

    if kind is None:
        raise ValueError(f"is {name!r}, but module {module!r} has no {class_name!r}; define it there")
    if not (isinstance(kind, type) and issubclass(kind, Sharing)):
        raise ValueError(f"is {name!r}, which is not a subclass of timeshare.nn.Sharing; make it one")
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in inspect.signature(kind).parameters.values()):
        raise ValueError(f"is {name!r}, whose __init__ takes any arguments; name each option there")
    return Scheme(name, name, _arguments(kind), tuple(n for n in _arguments(kind, required=True) if n != "extent"))


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
