"""Rows of Excel workbooks, by openpyxl."""

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from timeshare.core.config.errors import UserError
from timeshare.sources.files.columns import places_of
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.scan import Record


def excel_records(path: Path, columns: Sequence[str], findings: Findings) -> Iterator[Record]:
    """The rows of the first sheet, numbered as Excel does; every value is text, as in the CSV that Excel would write.

    Args:
        path: the file.
        columns: names of the wanted columns, which the first row that is not blank has.
        findings: takes a line on sheets that are not read.
    Raises:
        UserError: openpyxl is not installed, the file is damaged, or lacks a column.
    """
    places: list[int] | None = None
    for row, fields in _rows(path, findings):
        if places is None:
            places = places_of(path, row, [field.strip() for field in fields], columns)
        else:
            yield row, tuple(fields[place] if place < len(fields) else "" for place in places)


def excel_columns(path: Path) -> list[str]:
    """The names in the first row of a workbook."""
    return next(([field.strip() for field in fields] for _, fields in _rows(path, Findings())), [])


def _rows(path: Path, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that are not blank."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        # Its own name: an index may know something else by the name of this package.
        mend = "`pip install openpyxl` in the environment of this project, or save the sheet as CSV"
        raise UserError(f"{path}: Excel files are read with openpyxl, which is not installed; {mend}") from None
    try:
        with path.open("rb") as file:
            workbook = load_workbook(file, read_only=True, data_only=True)
            if len(workbook.worksheets) > 1:
                findings.say(f"{path}: of its {len(workbook.worksheets)} sheets the first is read")
            for row, cells in enumerate(workbook.worksheets[0].iter_rows(values_only=True), start=1):
                fields = [_text(cell) for cell in cells]
                if any(field.strip() for field in fields):
                    yield row, fields
    except (UserError, OSError):
        raise
    except Exception as error:
        raise UserError(f"{path}: is no sound Excel workbook ({error!r:.200}); save it again") from None


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime.datetime() if cell.time() == datetime.time():
            return cell.date().isoformat()
        case datetime.date() | datetime.time():
            return cell.isoformat()
    return str(cell)
