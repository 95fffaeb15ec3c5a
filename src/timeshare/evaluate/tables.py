"""Tidy tables: named columns and rows, written as CSV."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows of equal length under named columns."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]

    def write(self, path: Path) -> None:
        """Write CSV; fractions to six significant digits, None as an empty field."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row] for row in self.rows)
