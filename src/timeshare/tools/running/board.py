"""What is seen of a long run: on a terminal a line for each stage that runs, what waits and what failed; else a log."""

import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from timeshare.core.progress import Progress
from timeshare.tools.running.times import Times, in_words

# Below this share of the work, the pace so far says little.
_TELLING_SHARE = 0.03
_MOST_NAMED = 4


@dataclass
class _Running:
    """A stage that runs, since when, and how far it is."""

    look: Callable[[], Progress | None]
    where: str
    since: float = field(default_factory=time.monotonic)


class Board:
    """Shows a run while it goes on; a context manager.

    Args:
        times: those of earlier runs.
        left: asked how many seconds all that is left will take; None if nothing is known.
    """

    def __init__(self, times: Times, left: Callable[[], float | None] = lambda: None) -> None:
        self.is_live = sys.stderr.isatty()
        self.left = left
        self._times = times
        self._turn = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._waiting = self._done = 0
        self._failed: list[str] = []
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._live: AbstractContextManager[object] = nullcontext()

    def __enter__(self) -> "Board":
        if self.is_live:
            self._live = Live(
                console=self._console,
                get_renderable=self.render,
                refresh_per_second=2,
                transient=True,
                redirect_stdout=sys.stdout.isatty(),
            )
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.__exit__(None, None, None)

    def begun(self, stage: str, look: Callable[[], Progress | None], where: str = "") -> None:
        """A stage runs from now on.

        Args:
            stage: its name.
            look: asked how far it is.
            where: on what worker.
        """
        with self._turn:
            self._running[stage] = _Running(look, where)

    def ended(self, stage: str) -> None:
        """A stage does not run any more."""
        with self._turn:
            self._running.pop(stage, None)

    def counted(self, waiting: int, done: int, failed: Iterable[str]) -> None:
        """How many stages wait and are done, and the names of those that have failed."""
        with self._turn:
            self._waiting, self._done, self._failed = waiting, done, list(failed)

    def elapsed(self, stage: str) -> float:
        """Seconds since a stage began; 0 if it does not run."""
        running = self._running.get(stage)
        return time.monotonic() - running.since if running else 0.0

    def say(self, line: str) -> None:
        """Print a line above what is live."""
        if self.is_live:
            self._console.print(Text.from_ansi(line), soft_wrap=True)
        else:
            print(line, file=sys.stderr, flush=True)

    def render(self) -> Group:
        """What is live: a line for each stage that runs, and one for all others."""
        with self._turn:
            running = dict(self._running)
            counts = [f"{self._done} done", f"{len(running)} running", f"{self._waiting} waiting"]
            if self._failed:
                more = ", ..." if len(self._failed) > _MOST_NAMED else ""
                counts.append(f"{len(self._failed)} failed ({', '.join(self._failed[:_MOST_NAMED])}{more})")
        # The lock is free again: this asks for what others may be at work on.
        left = self.left()
        if left and left >= 1:  # what takes longer than ever before is not known
            counts.append(f"about {in_words(left)} left")
        width = max(map(len, running), default=0)
        lines = [self._line(name, stage, width) for name, stage in running.items()]
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in [*lines, ", ".join(counts)]))

    def _line(self, name: str, stage: _Running, width: int) -> str:
        progress, seconds = stage.look(), time.monotonic() - stage.since
        parts = [progress.said] if progress else []
        parts.append(in_words(seconds))
        known = self._times.of(name)
        if progress and progress.share >= _TELLING_SHARE:
            parts.append(f"about {in_words(seconds * (1 - progress.share) / progress.share)} left")
        elif known is not None and known > seconds:
            parts.append(f"about {in_words(known - seconds)} left")
        return f"{name:<{width}}  {stage.where}{', '.join(parts)}"
