"""What each model is: a line of words, and a small drawing of one of its weights over the steps."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from timeshare.models.settings import (
    AnyModel,
    BagOfWordsSettings,
    ConvolutionSettings,
    FeedForwardSettings,
    RecurrentSettings,
)

STEPS = 12
_NO_ORDER = (0.35, 0.9, 0.15, 0.7, 0.5, 1.0, 0.25, 0.8, 0.05, 0.6, 0.95, 0.4)
_CELLS = {"lstm": "an LSTM", "gru": "a GRU", "rnn": "a plain recurrent net"}
_SHARING = {
    "shared": "one set of weights for all steps",
    "unshared": "separate weights for each step",
    "periodic": "{sets} sets of weights that take turns",
    "segments": "{sets} sets of weights, one after the other",
    "mixture": "weights that are another mixture of {sets} sets at each step",
    "basis": "weights that change with time {basis}",
    "hyper": "weights that a smaller net rescales at every step",
}
_BASES = {
    "fourier": "in smooth waves",
    "polynomial": "as a polynomial",
    "rbf": "in smooth bumps",
    "constant": "not at all",
}


class Drawing(NamedTuple):
    """A weight over the steps.

    Attributes:
        levels: its height at each step, in [0, 1]; none for a model without steps.
        clock: whether the step's number is read beside the token.
    """

    levels: Sequence[float]
    clock: bool = False


def describe(settings: AnyModel) -> str:
    """What a model is, in one line; other models' names in backticks."""
    match settings:
        case BagOfWordsSettings(pooling="counts"):
            return "counts the words and is blind to their order"
        case BagOfWordsSettings():
            return "takes the mean of the words' vectors and is blind to their order"
        case FeedForwardSettings():
            return "a net without memory, with separate weights for each position"
        case ConvolutionSettings(shared=shared):
            return f"looks at a few words at a time, with {'the same' if shared else 'other'} weights at each place"
    sharing = _SHARING.get(settings.sharing, "weights by the scheme `{sharing}`").format(
        sets=_sets(settings), basis=_BASES[settings.basis], sharing=settings.sharing
    )
    said = f"{_CELLS.get(settings.encoder, settings.encoder)} with {sharing}"
    more = []
    if settings.time_input != "none":
        more.append("told at which step it is")
    if settings.match_parameters is not None:
        more.append(f"so small that they are as many as those of `{settings.match_parameters}`")
    elif settings.extent_factor > 1:
        more.append("also for steps that no training text reached")
    if settings.align == "end":
        more.append("counted from the end of a text")
    if settings.readout != "last":
        more.append(f"answering from all its states ({settings.readout})")
    if settings.bidirectional:
        more.append("reading in both directions")
    return ", ".join([said, *more])


def draw(settings: AnyModel) -> Drawing:
    """One of its weights at the first steps: not a measured one, but how such weights go."""
    match settings:
        case BagOfWordsSettings():
            return Drawing(())
        case FeedForwardSettings() | ConvolutionSettings(shared=False):
            return Drawing(_NO_ORDER)
        case ConvolutionSettings():
            return Drawing((0.5,) * STEPS)
    level = _LEVELS.get(settings.sharing, lambda step, _: _NO_ORDER[step])
    if settings.sharing == "basis" and settings.basis == "polynomial":
        level = _rising
    return Drawing([level(step, _sets(settings)) for step in range(STEPS)], settings.time_input != "none")


def _sets(settings: RecurrentSettings) -> int:
    return settings.num_sets or len(settings.bounds or (0,)) + 1


def _wave(step: int, sets: int) -> float:
    return 0.5 - 0.45 * math.cos(2 * math.pi * step / (STEPS - 1))


def _rising(step: int, sets: int) -> float:
    return (step / (STEPS - 1)) ** 2


# Height by step and number of sets; of a scheme of the user's own nothing is known.
_LEVELS: dict[str, Callable[[int, int], float]] = {
    "shared": lambda step, sets: 0.5,
    "unshared": lambda step, sets: _NO_ORDER[step],
    "periodic": lambda step, sets: _NO_ORDER[step % sets % STEPS],
    "segments": lambda step, sets: _NO_ORDER[step * sets // STEPS % STEPS],
    "basis": _wave,
    "mixture": lambda step, sets: 0.5 + 0.4 * math.sin(2.5 * step / sets),
    "hyper": lambda step, sets: 0.35 + 0.3 * _NO_ORDER[step],
}
