"""Recurrent layers whose weights are any function of time. A library of its own: it needs torch alone.

What it offers is imported when it is first asked for: settings read the tables of schemes and cells (`nn.schemes`,
`nn.cells`), and can do without the seconds that importing torch takes.
"""

from typing import TYPE_CHECKING

from timeshare.nn.choices import load

if TYPE_CHECKING:
    from timeshare.nn.cells.contract import Cell
    from timeshare.nn.imitation import imitate, imitated_state
    from timeshare.nn.recurrent import TimeGRU, TimeLSTM, TimeRecurrent, TimeRNN
    from timeshare.nn.schemes.sharing import Sharing, within_extent
    from timeshare.nn.unsharing import unshare

__all__ = [
    "Cell",
    "Sharing",
    "TimeGRU",
    "TimeLSTM",
    "TimeRNN",
    "TimeRecurrent",
    "imitate",
    "imitated_state",
    "unshare",
    "within_extent",
]

_ELSEWHERE = {
    "Cell": "cells.contract",
    "Sharing": "schemes.sharing",
    "imitate": "imitation",
    "imitated_state": "imitation",
    "unshare": "unsharing",
    "within_extent": "schemes.sharing",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return load(f"{__name__}.{_ELSEWHERE.get(name, 'recurrent')}:{name}")
