"""The columns of a file, and guesses of which holds the texts and which their labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from timeshare.sources.rows.labels import MOST_CLASSES
from timeshare.sources.rows.scan import Record

# What people call them, the likelier first.
_TEXTS = ("text", "sentence", "review", "message", "comment", "tweet", "content", "body", "document", "question")
_LABELS = ("label", "class", "category", "target", "sentiment", "intent", "topic", "rating", "stars", "polarity", "y")
# A label is a word or a few; what is longer on average is a text.
_LONGEST_LABEL = 40
_EXAMPLE = 60


@dataclass
class Column:
    """What one column holds in the rows that were looked at.

    Attributes:
        name: as the file has it.
        filled: rows that have a value.
        characters: of all values together.
        different: values, up to one more than a label may have.
        example: the beginning of the first value.
    """

    name: str
    filled: int = 0
    characters: int = 0
    different: set[str] = field(default_factory=set)
    example: str = ""

    @property
    def mean_length(self) -> float:
        """Of a value, in characters."""
        return self.characters / self.filled if self.filled else 0.0

    def add(self, value: Any) -> None:
        """Count one row's value."""
        text = " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        if not text.strip():
            return
        self.filled += 1
        self.characters += len(text)
        self.example = self.example or " ".join(text[: 2 * _EXAMPLE].split())[:_EXAMPLE]
        if len(self.different) <= MOST_CLASSES:
            self.different.add(text.strip()[:_EXAMPLE])


def columns_of(names: Sequence[str], records: Iterable[Record]) -> tuple[list[Column], int]:
    """The columns and the number of rows; memory holds a few values of each column, however many rows there are."""
    columns = [Column(name) for name in names]
    rows = 0
    for _, values in records:
        rows += 1
        for column, value in zip(columns, values, strict=True):
            column.add(value)
    return columns, rows


def guessed_label(columns: Sequence[Column], rows: int) -> str | None:
    """The column of labels: of short values that repeat, one that is called so, else the one of fewest values."""
    fitting = [
        column
        for column in columns
        if 2 <= len(column.different) <= min(MOST_CLASSES, max(2, rows // 2)) and column.mean_length <= _LONGEST_LABEL
    ]
    best = min(fitting, key=lambda column: (_rank(column.name, _LABELS), len(column.different)), default=None)
    return best.name if best else None


def guessed_text(columns: Sequence[Column], label: str | None) -> str | None:
    """The column of texts: one that is called so, else the one of the longest values."""
    fitting = [column for column in columns if column.filled and column.name != label]
    best = min(fitting, key=lambda column: (_rank(column.name, _TEXTS), -column.mean_length), default=None)
    return best.name if best else None


def _rank(name: str, known: Sequence[str]) -> int:
    last = name.rpartition(".")[2].lower()
    return known.index(last) if last in known else len(known)
