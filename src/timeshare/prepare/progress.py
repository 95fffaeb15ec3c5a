"""The progress bar of long passes over rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from timeshare.core.terminal import shows_progress

# A table of so many rows takes long enough for a line in a log as well.
MANY_ROWS = 1_000_000


class RowsPerSecond(ProgressColumn):
    """The speed of a pass."""

    def render(self, task: Task) -> Text:
        """Rows a second over the last moments, and over all of them at the end."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} rows/s", style="progress.data.speed")


@contextmanager
def row_progress(rows: int) -> Iterator[Callable[[str], Callable[[int], None]]]:
    """Passes over `rows` rows, each with a bar on stderr: where that is a terminal, and for many rows in a log too.

    Yields:
        begin(description), which adds a bar and returns advance(rows).
    """
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RowsPerSecond(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not shows_progress() and rows < MANY_ROWS,
    )

    def begin(description: str) -> Callable[[int], None]:
        task = progress.add_task(description, total=rows)
        return lambda done: progress.advance(task, done)

    with progress:
        yield begin
