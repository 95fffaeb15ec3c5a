"""How long stages took in earlier runs, and how long others will take by that."""

import heapq
import statistics
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from timeshare.core.artifacts import read_json, write_json
from timeshare.core.config.errors import UserError

_KEPT = 5


class Times:
    """The times of a project's stages, in .timeshare, which is no output and not in git.

    Args:
        root: the project.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / ".timeshare/times.json"
        self._turn = threading.Lock()
        try:
            self._seconds: dict[str, list[float]] = {
                str(name): list(found) for name, found in read_json(self._path).items()
            }
        except (UserError, AttributeError, TypeError):
            self._seconds = {}  # All that they are for is a guess.

    def record(self, stage: str, seconds: float) -> None:
        """Keep how long a stage's command took."""
        with self._turn:
            self._seconds[stage] = [*self._seconds.get(stage, []), round(seconds, 1)][-_KEPT:]
            write_json(self._path, self._seconds)

    def of(self, stage: str) -> float | None:
        """How long a stage may take, in seconds; None if none of its kind has run here.

        The longest of its last runs: one that found most of its seeds done says little. For one that has not run, the
        median of its kind.
        """
        with self._turn:
            if stage in self._seconds:
                return max(self._seconds[stage])
            kind = stage.partition("@")[0]
            known = [max(found) for name, found in self._seconds.items() if name.partition("@")[0] == kind]
        return statistics.median(known) if known else None


def makespan(seconds: Mapping[str, float], needs: Mapping[str, Sequence[str]], slots: int) -> float:
    """How long stages take together, each begun in their order as soon as those it needs are done and a slot is free.

    Args:
        seconds: by stage, in an order in which each comes after those that it needs.
        needs: the stages that one needs; those that are not among `seconds` are done.
        slots: stages that run at once.
    """
    ends: dict[str, float] = {}
    free = [0.0] * slots
    waiting = list(seconds)
    while waiting:
        slot = heapq.heappop(free)
        # The first that could begin by then, else the one that can begin soonest.
        ready = {
            name: max((ends[need] for need in needs[name] if need in seconds), default=0.0)
            for name in waiting
            if all(need in ends or need not in seconds for need in needs[name])
        }
        name = next((name for name, at in ready.items() if at <= slot), None) or min(ready, key=ready.__getitem__)
        ends[name] = max(slot, ready[name]) + seconds[name]
        heapq.heappush(free, ends[name])
        waiting.remove(name)
    return max(ends.values(), default=0.0)


def in_words(seconds: float) -> str:
    """A time as people say it, such as `12 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
