"""Rows of the user's files, by the ending of their names, streamed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from timeshare.core.config.errors import UserError
from timeshare.sources.files.delimited import delimited_columns, delimited_records
from timeshare.sources.files.excel import excel_columns, excel_records
from timeshare.sources.files.json_rows import json_columns, json_records
from timeshare.sources.files.parquet_rows import parquet_columns, parquet_records
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.scan import Record

_Reader = Callable[[Path, Sequence[str], Findings], Iterator[Record]]
_OTHERS: Mapping[str, _Reader] = {
    ".json": json_records,
    ".jsonl": json_records,
    ".ndjson": json_records,
    ".parquet": parquet_records,
    ".xlsx": excel_records,
}
_COLUMNS: Mapping[str, Callable[[Path], list[str]]] = {
    ".json": json_columns,
    ".jsonl": json_columns,
    ".ndjson": json_columns,
    ".parquet": parquet_columns,
    ".xlsx": excel_columns,
}
ENDINGS = (".csv", ".tsv", *_OTHERS)
# How files begin that are no text, whatever their names say.
_SIGNATURES: Mapping[bytes, tuple[str, str]] = {
    b"PAR1": ("is Parquet", "name it .parquet"),
    b"PK\x03\x04": ("is an archive, as Excel's workbooks are", "name it .xlsx if it is one, or unpack it"),
    b"\x1f\x8b": ("is compressed by gzip", "unpack it"),
    b"\xff\xfe": ("is UTF-16", "save it as UTF-8"),
    b"\xfe\xff": ("is UTF-16", "save it as UTF-8"),
}
_BINARY = (".parquet", ".xlsx")


def read_records(
    path: Path, columns: Sequence[str], findings: Findings, separator: str | None = None
) -> Iterator[Record]:
    """The rows of a file, by the ending of its name, one of `ENDINGS`.

    Rows are numbered as an editor shows them, by the line they start on; in Parquet and in a JSON array from 1. Blank
    lines are passed over. Values are as the file has them: None where there is none, else text, numbers, dates, lists
    of tokens or what JSON holds.

    Args:
        path: the file.
        columns: names of the wanted columns.
        findings: takes the faults of single rows, which are then left out.
        separator: of the columns of CSV and TSV files; None: the header tells.
    Raises:
        UserError: the file cannot be read at all, or lacks a column.
    """
    ending = _ending(path)
    reader: _Reader = _OTHERS.get(ending) or partial(delimited_records, separator=separator)
    with _reading(path):
        yield from reader(path, columns, findings)


def column_names(path: Path) -> list[str]:
    """The columns of a file that `read_records` can be asked for.

    Raises:
        UserError: the file cannot be read at all.
    """
    ending = _ending(path)
    with _reading(path):
        return _COLUMNS.get(ending, delimited_columns)(path)


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"{path}: is of no known format; give a file that ends in {', '.join(ENDINGS)}")
    return ending


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        if path.suffix.lower() not in _BINARY:
            _check_is_text(path)
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; correct the path in params.yaml, or `dvc pull` it") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}; give access to it") from None


def _check_is_text(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    for signature, (what, mend) in _SIGNATURES.items():
        if start.startswith(signature):
            raise UserError(f"{path}: {what}; {mend}")
