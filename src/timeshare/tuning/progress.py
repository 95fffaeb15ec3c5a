"""What is seen of a long tuning: one line on a terminal, and off it a line for each step."""

import sys
import time
from collections.abc import Sequence

from timeshare.core.terminal import shows_progress
from timeshare.tuning.decision import Result
from timeshare.tuning.search import Member


class Progress:
    """How far the searches are.

    Attributes:
        done: fits that are done, of all searches.
    """

    def __init__(self, members: Sequence[Member], jobs: int) -> None:
        self.done = 0
        self._of = sum(member.fits for member in members)
        self._members = len(members)
        self._jobs = jobs
        self._started = time.monotonic()
        self._first: int | None = None  # fits that were done when this began
        self._by_member: dict[str, int] = {}
        self._tuned = 0
        self._is_live = shows_progress()

    def update(self, member: Member, result: Result) -> None:
        """Show how far a member's search is, where that has changed."""
        done = len(result.fits)
        if self._by_member.get(member.name) == done:
            return
        self._by_member[member.name] = done
        self.done = sum(self._by_member.values())
        accuracies = [trial.valid_accuracy for trial in result.trials.values() if trial.valid_accuracy is not None]
        best = max(accuracies, default=None)
        said = "" if best is None else f", best so far {100 * best:.1f} % right"
        line = f"{member.name}: {done} of {member.fits} fits{said}"
        if len(self._by_member) == self._members:
            of_all = f"; of all {self._members} members {self.done} of {self._of}" if self._members > 1 else ""
            line += of_all + self._time_left()
        if self._is_live:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        elif done:
            print(line, file=sys.stderr)

    def close(self) -> None:
        """End the line."""
        if self._is_live and self.done:
            print(file=sys.stderr)

    def _time_left(self) -> str:
        if self._first is None:
            self._first = self.done
        new = self.done - self._first
        if not new or self.done >= self._of:
            return ""
        minutes = (time.monotonic() - self._started) / new * (self._of - self.done) / 60
        return f", about {minutes:.0f} min left" if minutes >= 1 else ", less than a minute left"
