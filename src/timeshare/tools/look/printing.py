"""What is found in files, as tables for a terminal: nothing that a file holds is taken for markup or a command."""

import sys
from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from timeshare.core.config.errors import fit_for_terminal
from timeshare.sources.raw import SPLITS
from timeshare.sources.rows.labels import MOST_CLASSES, Labels
from timeshare.sources.rows.scan import Scan
from timeshare.tools.look.columns import Column
from timeshare.tools.look.writing import scripts_of

_CLASSES_SHOWN = 20
_PIPE_WIDTH = 120


def console() -> Console:
    """As wide as the terminal; off one, as wide as text is read well."""
    return Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)


def say(out: Console, line: str) -> None:
    """Print a line that may quote a file; off a terminal it is not broken."""
    out.print(Text(fit_for_terminal(line)), soft_wrap=True)


def print_columns(
    out: Console, path: str, columns: Sequence[Column], rows: int, taken_for: Mapping[str | None, str]
) -> None:
    """A line for each column."""
    grid = Table("column", "taken for", "filled", "different", "mean length", "begins", box=None)
    for column in columns:
        different = len(column.different)
        grid.add_row(
            _shown(column.name),
            taken_for.get(column.name, ""),
            f"{column.filled / rows:.0%}" if rows else "",
            f"{different:,}" if different <= MOST_CLASSES else f"over {MOST_CLASSES:,}",
            f"{column.mean_length:.0f}",
            _shown(column.example),
        )
    say(out, f"{path}: {rows:,} rows looked at")
    out.print(grid)


def print_scans(out: Console, scans: Sequence[Scan], labels: Labels, sample: Sequence[str]) -> None:
    """The rows that can be used: labels by split, lengths, texts that repeat, scripts."""
    names = labels.names()
    counts = [np.bincount(scan.labels[scan.kept()], minlength=len(names)) for scan in scans]
    total = np.sum(counts, axis=0)
    grid = Table("label", *(f"rows of {SPLITS[scan.table.split]}" for scan in scans), "share", box=None)
    order = np.argsort(-total, kind="stable").tolist()
    for code in order[:_CLASSES_SHOWN]:
        share = f"{total[code] / max(1, total.sum()):.1%}"
        grid.add_row(_shown(names[code]), *(f"{count[code]:,}" for count in counts), share)
    out.print()
    out.print(grid)
    if len(order) > _CLASSES_SHOWN:
        say(out, f"and {len(order) - _CLASSES_SHOWN} labels more")
    out.print()
    lengths = np.concatenate([scan.lengths[scan.kept()] for scan in scans])
    keys = np.concatenate([scan.keys[scan.kept()] for scan in scans])
    if len(lengths):
        least, half, most, longest = np.percentile(lengths, (0, 50, 95, 100), method="inverted_cdf").tolist()
        say(out, f"tokens of a text: {least} to {longest}, half have up to {half}, 95 % up to {most}")
    say(out, f"texts that an earlier row has too: {len(keys) - len(np.unique(keys)):,}")
    scripts = ", ".join(f"{script} {share:.0%}" for script, share in scripts_of(sample).items())
    say(out, f"letters: {scripts or 'none'}")


def _shown(value: str) -> Text:
    return Text(fit_for_terminal(value))
