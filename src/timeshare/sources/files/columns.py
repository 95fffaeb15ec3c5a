"""Where the wanted columns are among those of a file."""

from collections.abc import Sequence
from pathlib import Path

from timeshare.core.config.errors import UserError
from timeshare.core.config.spelling import did_you_mean


def places_of(path: Path, row: int, names: Sequence[str], columns: Sequence[str]) -> list[int]:
    """The place of each wanted column among the names of a header.

    Args:
        path: the file, for messages.
        row: the header's; 0 if it has none.
        names: of the header.
        columns: the wanted ones.
    Raises:
        UserError: a column is missing or there twice.
    """
    where = f"{path}:{row}" if row else f"{path}"
    for column in columns:
        if names.count(column) > 1:
            raise UserError(f"{where}: has more than one column '{column}'; rename the others")
        if column not in names:
            raise no_column(where, names, column)
    return [names.index(column) for column in columns]


def no_column(where: str, names: Sequence[str], column: str) -> UserError:
    """The error of a column that a file does not have."""
    known = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    hint = did_you_mean(column, names)
    return UserError(f"{where}: has no column '{column}' (it has {known}); name the right one in params.yaml{hint}")
