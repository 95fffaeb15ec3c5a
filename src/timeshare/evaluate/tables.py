"""Tidy tables: named columns and rows, written as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from timeshare.core.artifacts import write_csv

Value = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows of equal length under named columns."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Value]]

    def write(self, path: Path) -> None:
        """Write CSV; fractions to six significant digits, None as an empty field."""
        write_csv(
            path,
            self.columns,
            ([f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in self.rows),
        )
