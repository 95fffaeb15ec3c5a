"""Source `files`: each split's file as a table of rows."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.sources.files import FilesSettings
from timeshare.sources.files.formats import read_records
from timeshare.sources.raw import RawData
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.read import read_tables
from timeshare.sources.rows.scan import Record, Table


def read(name: str, settings: FilesSettings) -> RawData:
    """Check the files, and route their rows.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: files, columns, limits, policy for rows, split and probes.
    Raises:
        UserError: a file cannot be read; rows are bad (`FILE:ROW: what; how to mend`); or the rows do not make a
            classification task.
    """
    paths = enumerate((settings.train, settings.valid, settings.test))
    tables = [
        Table(split, path, _records(Path(path), settings), partial(_version, Path(path)))
        for split, path in paths
        if path is not None
    ]
    return read_tables(name, settings, tables, tokeniser_of(settings.tokeniser))


def _records(path: Path, settings: FilesSettings) -> Callable[[Findings], Iterator[Record]]:
    separator = "\t" if settings.separator == "tab" else settings.separator
    return lambda findings: read_records(path, settings.columns(), findings, separator)


def _version(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        # Reading it says what is wrong.
        return 0, 0
    return status.st_size, status.st_mtime_ns
