"""Rows of Parquet files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from timeshare.core.config.errors import UserError
from timeshare.sources.files.columns import places_of
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.scan import Record

PARQUET_BATCH = 4096


def parquet_records(path: Path, columns: Sequence[str], findings: Findings) -> Iterator[Record]:
    """The rows of a file, numbered from 1.

    Args:
        path: the file.
        columns: names of the wanted columns; `a.b` is the field b of the column a, unless a column is called so.
        findings: takes the faults of single rows, which are then left out.
    Raises:
        UserError: the file is damaged, lacks a column, or has one of a type that is no text, number or date.
    """
    row = 0
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            tops = [column if column in names else column.partition(".")[0] for column in columns]
            places_of(path, 0, [*names, *(name for name, _ in _fields(file.schema_arrow))], columns)
            for batch in file.iter_batches(PARQUET_BATCH, columns=list(columns)):
                values = [
                    _values(path, column, _inner(batch.column(top), column.removeprefix(top)))
                    for column, top in zip(columns, tops, strict=True)
                ]
                for record in zip(*values, strict=True):
                    row += 1
                    undecodable = [column for column, value in zip(columns, record, strict=True) if _undecodable(value)]
                    if undecodable:
                        findings.fault(path, row, f"'{undecodable[0]}' is not UTF-8", "write it again as UTF-8")
                    else:
                        decoded = (value.decode() if isinstance(value, bytes) else value for value in record)
                        yield row, tuple(decoded)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        # pyarrow reports some damage as an OSError, without the number that an operating system's error has.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(f"{path}: is no sound Parquet file ({' '.join(str(error).split())}); write it again") from None


def parquet_columns(path: Path) -> list[str]:
    """The columns that can be read, and the fields inside them, as `a.b`."""
    try:
        schema = pq.read_schema(path)
    except pa.ArrowException as error:
        raise UserError(f"{path}: is no sound Parquet file ({' '.join(str(error).split())}); write it again") from None
    return [name for name, kind in [*zip(schema.names, schema.types, strict=True), *_fields(schema)] if _is_read(kind)]


def _fields(columns: Sequence[pa.Field]) -> list[tuple[str, pa.DataType]]:
    """The names of the fields inside the columns, `a.b` and `a.b.c`, with their types."""
    return [
        (f"{column.name}.{name}", kind)
        for column in columns
        if pa.types.is_struct(column.type)
        for inner in [[column.type.field(place) for place in range(column.type.num_fields)]]
        for name, kind in [*((field.name, field.type) for field in inner), *_fields(inner)]
    ]


def _inner(column: pa.Array, path: str) -> pa.Array:
    for name in path.split(".")[1:]:
        column = pc.struct_field(column, name)
    return column


def _values(path: Path, name: str, column: pa.Array) -> list[Any]:
    """Text as undecoded bytes, so that one bad row does not hide the others; all else as it is."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if _is_text(kind):
        return list(column.cast(pa.large_binary()).to_pylist())
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        # The shortest digits that are this number: 0.1 and not 0.10000000149.
        return [None if value is None else float(str(np.float32(value))) for value in column.to_pylist()]
    if _is_read(kind):
        return list(column.to_pylist())
    raise UserError(f"{path}: column '{name}' is of type {kind}; write it as text or numbers")


_KINDS = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_null,
    pa.types.is_date,
    pa.types.is_timestamp,
)


def _is_read(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_read(kind.value_type)
    return _is_text(kind) or any(is_kind(kind) for is_kind in _KINDS) or (_is_list(kind) and _is_text(kind.value_type))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _undecodable(value: Any) -> bool:
    if not isinstance(value, bytes):
        return False
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False
