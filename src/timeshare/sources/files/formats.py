"""Rows of CSV, TSV, JSONL and Parquet files, streamed: no file, line or field is held whole beyond a fixed size."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from timeshare.core.config.errors import UserError

# More would be a list for the log, not for the reader.
MOST_PROBLEMS = 20
MOST_LINE_BYTES = 1 << 20
PARQUET_BATCH = 4096
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# A row's number in its file, and its values in the order of the columns asked for.
Record = tuple[int, tuple[Any, ...]]


class Problems:
    """What is wrong with the rows of some files, each with file, row and how to mend it."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, path: Path, row: int, what: str, mend: str) -> None:
        """Note a bad row.

        Raises:
            UserError: that makes `MOST_PROBLEMS`.
        """
        self._lines.append(f"{path}:{row}: {what}; {mend}")
        if len(self._lines) == MOST_PROBLEMS:
            self.check()

    def check(self) -> None:
        """Stop here if any row was bad.

        Raises:
            UserError: a line for each bad row.
        """
        if self._lines:
            raise UserError("\n".join(self._lines))


def read_records(path: Path, columns: Sequence[str], problems: Problems) -> Iterator[Record]:
    """The rows of a file, by its ending: .csv, .tsv, .jsonl, .ndjson or .parquet.

    Rows are numbered as an editor shows them, by the line they start on; in Parquet from 1. Lines of white space are
    passed over. Values are as the file has them: None where there is none, else text, numbers or what JSON holds.

    Args:
        path: the file.
        columns: names of the wanted columns.
        problems: takes what is wrong with single rows, which are then left out.
    Raises:
        UserError: the file cannot be read at all, or lacks a column.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path}: is of no known format; give a file that ends in {', '.join(_READERS)}")
    try:
        yield from reader(path, columns, problems)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; correct the path in params.yaml, or `dvc pull` it") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}; give access to it") from None


def _csv(path: Path, columns: Sequence[str], problems: Problems) -> Iterator[Record]:
    # Strict: a stray quote is then an error with a row, instead of rows swallowed as text.
    return _delimited(path, columns, problems, csv.reader(_lines(path, problems), strict=True))


def _tsv(path: Path, columns: Sequence[str], problems: Problems) -> Iterator[Record]:
    # As text/tab-separated-values is registered: quotes are text, and a field holds neither tabs nor line ends.
    lines = csv.reader(_lines(path, problems), delimiter="\t", quoting=csv.QUOTE_NONE)
    return _delimited(path, columns, problems, lines)


def _delimited(path: Path, columns: Sequence[str], problems: Problems, reader: Any) -> Iterator[Record]:
    places: list[int] | None = None
    width = 0
    while True:
        row = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(
                path, row, f"is not well-formed ({error})", "close each quote, and double quotes inside a text"
            )
            if "limit" in str(error):
                # An open quote has swallowed the lines so far; what follows would be cut in the wrong places.
                return
            continue
        if not fields or (len(fields) == 1 and not fields[0].strip()):
            continue
        if places is None:
            places, width = _places(path, row, [field.strip() for field in fields], columns), len(fields)
        elif len(fields) != width:
            problems.add(path, row, f"has {len(fields)} fields, the header {width}", "quote or remove stray separators")
        else:
            yield row, tuple(fields[place] for place in places)


def _jsonl(path: Path, columns: Sequence[str], problems: Problems) -> Iterator[Record]:
    for row, line in enumerate(_lines(path, problems), start=1):
        if line.isspace():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.add(path, row, f"is no JSON ({error})", "write one JSON object a line")
            continue
        if not isinstance(record, dict):
            problems.add(path, row, f"is a JSON {type(record).__name__}, not an object", "write one JSON object a line")
            continue
        lacking = [column for column in columns if column not in record]
        if lacking:
            problems.add(path, row, f"has no '{lacking[0]}'", "add it or remove the row")
        else:
            yield row, tuple(record[column] for column in columns)


def _parquet(path: Path, columns: Sequence[str], problems: Problems) -> Iterator[Record]:
    row = 0
    try:
        with pq.ParquetFile(path) as file:
            _places(path, 0, file.schema_arrow.names, columns)
            for batch in file.iter_batches(PARQUET_BATCH, columns=list(columns)):
                values = [_parquet_values(path, column, batch.column(column)) for column in columns]
                for record in zip(*values, strict=True):
                    row += 1
                    undecodable = [column for column, value in zip(columns, record, strict=True) if _undecodable(value)]
                    if undecodable:
                        problems.add(path, row, f"'{undecodable[0]}' is not UTF-8", "write it again as UTF-8")
                    else:
                        decoded = (value.decode() if isinstance(value, bytes) else value for value in record)
                        yield row, tuple(decoded)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        # pyarrow reports some damage as an OSError, without the number that an operating system's error has.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(f"{path}: is no sound Parquet file ({' '.join(str(error).split())}); write it again") from None


_READERS: Mapping[str, Callable[[Path, Sequence[str], Problems], Iterator[Record]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
}


def _lines(path: Path, problems: Problems) -> Iterator[str]:
    """The lines of a text file; a bad one is noted and comes as an empty line, or with its bad bytes replaced."""
    with path.open("rb") as file:
        row = 0
        while line := file.readline(MOST_LINE_BYTES):
            row += 1
            if len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := file.readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                problems.add(path, row, f"has a line of more than {MOST_LINE_BYTES} bytes", "break it up or remove it")
                yield "\n"
                continue
            if row == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                what = f"byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8"
                problems.add(path, row, what, "save the file as UTF-8")
                yield line.decode(errors="replace")


def _places(path: Path, row: int, names: Sequence[str], columns: Sequence[str]) -> list[int]:
    """Where the columns are among the names of a header."""
    where = f"{path}:{row}" if row else f"{path}"
    for column in columns:
        if names.count(column) > 1:
            raise UserError(f"{where}: has more than one column '{column}'; rename the others")
        if column not in names:
            known = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
            raise UserError(f"{where}: has no column '{column}' (it has {known}); name the right one in params.yaml")
    return [names.index(column) for column in columns]


def _parquet_values(path: Path, name: str, column: pa.Array) -> list[Any]:
    """Text as undecoded bytes, so that one bad row does not hide the others; numbers as they are."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return list(column.cast(pa.large_binary()).to_pylist())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return list(column.to_pylist())
    raise UserError(f"{path}: column '{name}' is of type {kind}; write it as text or numbers")


def _undecodable(value: Any) -> bool:
    if not isinstance(value, bytes):
        return False
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False
