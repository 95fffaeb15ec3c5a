"""Reading CSV files that stages and benchmarks left."""

import csv
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from timeshare.core.config.errors import UserError

Row = dict[str, str]
Record = TypeVar("Record")


def read_rows(path: Path) -> list[Row]:
    """The rows by column.

    Raises:
        UserError: there is no such file.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it") from None


def read_records(path: Path, kind: type[Record], maker: str = "dvc repro") -> list[Record]:
    """The rows as records of a class whose fields are columns, each converted to its type; other columns are left out.

    Args:
        path: the file.
        kind: the class; its fields are numbers and texts.
        maker: the command that writes the file.
    Raises:
        UserError: the file is missing, lacks a column, or holds what is not of its type.
    """
    columns: dict[str, Any] = get_type_hints(kind)
    try:
        return [kind(**{name: convert(row[name]) for name, convert in columns.items()}) for row in read_rows(path)]
    except KeyError as error:
        raise UserError(f"{path}: lacks the column {error}; run `{maker}`") from None
    except (TypeError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: is damaged ({error}); remove it and run `{maker}`") from None
