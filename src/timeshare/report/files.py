"""Reading CSV files that stages and benchmarks left."""

import csv
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from timeshare.core.artifacts import checked
from timeshare.core.config.errors import UserError

Row = dict[str, str]
Record = TypeVar("Record")


def read_rows(path: Path, maker: str = "dvc repro") -> list[Row]:
    """The rows by column.

    Args:
        path: the file.
        maker: the command that writes it.
    Raises:
        UserError: there is no such file, or it is no CSV.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `{maker}` makes it") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is damaged ({error}); remove it and run `{maker}`") from None


def read_records(path: Path, shape: TypeAdapter[list[Record]], maker: str = "dvc repro") -> list[Record]:
    """The rows as records of a class whose fields are columns, each of its type; other columns are left out.

    Raises:
        UserError: the file is missing, lacks a column, or holds what is not of its type.
    """
    return checked(path, read_rows(path, maker), shape, remedy=f"remove it and run `{maker}`", strict=False)
