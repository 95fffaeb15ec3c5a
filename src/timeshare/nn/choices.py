"""What arguments are chosen from, for the layers and for settings. This module does not import torch."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Literal

Beyond = Literal["hold", "cycle", "error"]
BasisName = Literal["fourier", "polynomial", "rbf", "constant"]
Align = Literal["start", "end"]
Start = Literal["independent", "equal"]
RecurrentInit = Literal["uniform", "orthogonal"]


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a value of an argument that is none of the choices.

    Raises:
        ValueError: it is another; the message names the argument and the choices.
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; it is {value!r}")


def check_at_least_one(name: str, value: int) -> None:
    """Refuse a size below 1.

    Raises:
        ValueError: it is; the message names the argument.
    """
    if value < 1:
        raise ValueError(f"{name} must be at least 1; it is {value}")


def load(place: str) -> Any:
    """What stands at a place, "module:name"."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
