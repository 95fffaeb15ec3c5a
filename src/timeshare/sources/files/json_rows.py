"""Rows of JSON files: an object a line, or an array of objects."""

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from timeshare.sources.files.columns import no_column
from timeshare.sources.files.lines import MOST_LINE_BYTES, read_lines
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.scan import Record

_MEND = "write one JSON object a line, or one array of objects"
_SPACE = " \t\r\n"
_OBJECTS_LOOKED_AT = 100


def json_records(path: Path, columns: Sequence[str], findings: Findings) -> Iterator[Record]:
    """The rows of a file, numbered by line or, in an array, from 1 on.

    Args:
        path: the file.
        columns: the wanted keys; `a.b` is the key b of the object that a has, unless a key is called so.
        findings: takes the faults of single rows, which are then left out.
    Raises:
        UserError: no row has one of the keys.
    """
    found: set[str] = set()
    first: list[str] = []
    objects = _in_array(path, findings) if _is_array(path) else _in_lines(path, findings)
    for row, record in objects:
        if not isinstance(record, dict):
            findings.fault(path, row, f"is a JSON {type(record).__name__}, not an object", _MEND)
            continue
        first = first or list(map(str, record))
        if len(found) < len(columns):
            found |= {column for column in columns if _value(record, column) is not None}
        yield row, tuple(_value(record, column) for column in columns)
    for column in columns:
        if first and column not in found:
            raise no_column(str(path), first, column)


def json_columns(path: Path) -> list[str]:
    """The keys of the first objects of a file, those of objects inside them as `a.b`."""
    objects = _in_array(path, Findings()) if _is_array(path) else _in_lines(path, Findings())
    found = (key for _, record in islice(objects, _OBJECTS_LOOKED_AT) for key in _keys(record))
    return list(dict.fromkeys(found))


def _keys(record: Any) -> Iterator[str]:
    for key, value in record.items() if isinstance(record, dict) else ():
        if isinstance(value, dict):
            yield from (f"{key}.{inner}" for inner in _keys(value))
        else:
            yield key


def _value(record: Mapping[str, Any], column: str) -> Any:
    if column in record:
        return record[column]
    value: Any = record
    for key in column.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_array(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        while (character := file.read(1)) and character in _SPACE:
            pass
        return character == "["


def _in_lines(path: Path, findings: Findings) -> Iterator[tuple[int, Any]]:
    for row, line in enumerate(read_lines(path, findings), start=1):
        if line.isspace():
            continue
        try:
            yield row, json.loads(line)
        except (ValueError, RecursionError) as error:
            findings.fault(path, row, f"is no JSON ({error})", _MEND)


def _in_array(path: Path, findings: Findings) -> Iterator[tuple[int, Any]]:
    """The elements of an array. What follows a fault cannot be told apart, so reading ends there."""
    row = 1
    with path.open("rb") as file:
        text = _Text(codecs.iterdecode(iter(lambda: file.read(MOST_LINE_BYTES), b""), "utf-8-sig"))
        try:
            text.take("[")
            while text.next() != "]":
                yield row, text.take_value()
                row += 1
                if text.next() != "]":
                    text.take(",")
            text.take("]")
            if text.next():
                raise ValueError("text after the end of the array")
        except UnicodeDecodeError as error:
            what = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
            findings.fault(path, row, what, "save the file as UTF-8")
        except (ValueError, RecursionError) as error:
            findings.fault(path, row, f"is no JSON ({error})", _MEND)


class _Text:
    """JSON of which no more than a value is held, and a few pieces of the file.

    Args:
        pieces: of the file, in order.
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._place = 0
        self._decoder = json.JSONDecoder()

    def next(self) -> str:
        """The next character that is no white space; nothing at the end."""
        while True:
            for place in range(self._place, len(self._text)):
                if self._text[place] not in _SPACE:
                    self._place = place
                    return self._text[place]
            piece = next(self._pieces, None)
            if piece is None:
                return ""
            self._text, self._place = piece, 0

    def take(self, character: str) -> None:
        """Pass over a character.

        Raises:
            ValueError: another one is next.
        """
        if self.next() != character:
            raise ValueError(f"expecting '{character}'")
        self._place += 1

    def take_value(self) -> Any:
        """Pass over a value, which is returned.

        Raises:
            ValueError: no value is next, or one that is too long.
        """
        self.next()
        while True:
            try:
                value, self._place = self._decoder.raw_decode(self._text, self._place)
            except json.JSONDecodeError:
                held = self._text[self._place :]
                piece = next(self._pieces, None) if len(held) < MOST_LINE_BYTES else None
                if piece is None:
                    raise
                self._text, self._place = held + piece, 0
            else:
                return value
