"""Rows of CSV and TSV files, whatever separates their columns."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from timeshare.sources.files.columns import places_of
from timeshare.sources.files.lines import MOST_LINE_BYTES, read_lines
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.scan import Record

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_OWN = {".csv": ",", ".tsv": "\t"}
_MEND_QUOTES = "close each quote, and double quotes inside a text"
# What Python's reader says where a row has a CR outside quotes: it supposes that somebody has opened the file wrongly.
_STRAY_CR = "new-line character seen in unquoted field"
csv.field_size_limit(MOST_LINE_BYTES)


def delimited_records(
    path: Path, columns: Sequence[str], findings: Findings, separator: str | None
) -> Iterator[Record]:
    """The rows of a file, numbered by the line they start on.

    Quotes enclose fields in the manner of RFC 4180. In a file separated by tabs they may be plain text instead, as that
    media type is registered: the file tells, see `_has_plain_quotes`.

    Args:
        path: the file.
        columns: names of the wanted columns.
        findings: takes the faults of single rows, which are then left out.
        separator: one character; None: the header tells.
    Raises:
        UserError: the file lacks a column.
    """
    header = _header(path)
    own = _OWN.get(path.suffix.lower(), ",")
    chosen = separator or _separator(header, columns, own)
    if separator is None and chosen != own:
        findings.say(f"{path}: its columns are separated by {_NAMES[chosen]}")
    plain = chosen == "\t" and _has_plain_quotes(path)
    yield from _records(path, columns, findings, _reader(path, findings, chosen, plain))


def delimited_columns(path: Path) -> list[str]:
    """The names in the header of a file, cut by whatever finds most of them."""
    header = _header(path)
    own = _OWN.get(path.suffix.lower(), ",")
    return max((_fields(header, separator) for separator in (own, *_NAMES)), key=len)


def _header(path: Path) -> str:
    """The first line that is not blank; nothing in an empty file."""
    findings = Findings()
    header = next((line for line in read_lines(path, findings) if line.strip()), "")
    findings.check()
    return header


def _separator(header: str, columns: Sequence[str], own: str) -> str:
    """The separator that finds the columns in the header; where none does, the one that finds most names."""
    names = {separator: _fields(header, separator) for separator in (own, *_NAMES)}
    fitting = [separator for separator, found in names.items() if set(columns) <= set(found)]
    return fitting[0] if fitting else max(names, key=lambda separator: len(names[separator]))


def _fields(header: str, separator: str) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([header], delimiter=separator), [])]
    except csv.Error:
        return []


def _reader(path: Path, findings: Findings, separator: str, plain: bool) -> Any:
    lines = read_lines(path, findings)
    if plain:
        return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    # Strict: a stray quote is then an error with a row, instead of rows swallowed as text.
    return csv.reader(lines, delimiter=separator, strict=True)


def _has_plain_quotes(path: Path) -> bool:
    """Whether quotes are text: they are unless they could all be what RFC 4180 makes of them.

    A file that reads either way, into as many rows, has quoted fields. One that reads neither way is taken for the one
    with fewer bad rows.
    """
    with path.open("rb") as file:
        if not any(b'"' in block for block in iter(lambda: file.read(1 << 20), b"")):
            return True
    plain, quoted = (_rows_and_faults(path, is_plain) for is_plain in (True, False))
    if plain[1] == quoted[1]:
        return plain[0] > quoted[0]
    return plain[1] < quoted[1]


def _rows_and_faults(path: Path, plain: bool) -> tuple[int, int]:
    rows = faults = width = 0
    reader = _reader(path, Findings(), "\t", plain)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return rows, faults
        except csv.Error:
            faults += 1
            continue
        if fields:
            rows, width = rows + 1, width or len(fields)
            faults += len(fields) != width


def _records(path: Path, columns: Sequence[str], findings: Findings, reader: Any) -> Iterator[Record]:
    places: list[int] | None = None
    header: list[str] = []
    width = 0
    while True:
        row = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if _STRAY_CR in str(error):
                mend = "end lines by LF or CR LF, and put quotes around a text that holds CR"
                findings.fault(path, row, "has a CR (0x0d) outside quotes", mend)
                continue
            findings.fault(path, row, f"is not well-formed ({error})", _MEND_QUOTES)
            if "limit" in str(error):
                # An open quote has swallowed the lines so far; what follows would be cut in the wrong places.
                return
            continue
        if not fields or (len(fields) == 1 and not fields[0].strip()):
            continue
        if places is None:
            header, width = [field.strip() for field in fields], len(fields)
            places = places_of(path, row, header, columns)
        elif len(fields) != width:
            what = f"has {len(fields)} fields, the header {width}"
            mend = "quote or remove stray separators, or name the separator"
            if fields[width:] and [field.strip() for field in fields[width:]] == header[1:]:
                what, mend = f"{what}: another file's header stands at its end", "join files with a line end between"
            findings.fault(path, row, what, mend)
        else:
            yield row, tuple(fields[place] for place in places)
