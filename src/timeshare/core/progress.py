"""How far a stage is, for whoever started it and shows it: the latest, in a small file that a variable names."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "TIMESHARE_PROGRESS"
_PAUSE_SECONDS = 0.5

# Called with the share that is done, from 0 to 1, and words such as "epoch 3 of 20, loss 0.61".
Note = Callable[[float, str], None]


@dataclass(frozen=True)
class Progress:
    """How far a stage is.

    Attributes:
        share: what is done of it, from 0 to 1.
        said: what it is at.
    """

    share: float
    said: str

    @classmethod
    def read(cls, path: Path) -> "Progress | None":
        """What a stage has noted; None if nothing."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def noting() -> Note | None:
    """What a stage calls as it goes; None where nobody shows it. It writes twice a second at most."""
    if VARIABLE not in os.environ:
        return None
    path = Path(os.environ[VARIABLE]).absolute()
    last = float("-inf")

    def note(share: float, said: str) -> None:
        nonlocal last
        if time.monotonic() - last < _PAUSE_SECONDS:
            return
        last = time.monotonic()
        scratch = path.with_name(f"{path.name}.{os.getpid()}")
        # It is lost without harm.
        with contextlib.suppress(OSError):
            scratch.write_text(json.dumps({"share": share, "said": said}), encoding="utf-8")
            scratch.replace(path)

    return note


def part(note: Note | None, number: int, of: int, name: str) -> Note | None:
    """What one of several equal parts of the work calls, the first being number 0."""
    if note is None:
        return None
    return lambda share, said: note((number + share) / of, f"{name}, {said}")
