"""The second pass of preparing: encoded texts, bucket by bucket, into padded matrices on disk."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from timeshare.core.prepared.layout import part_path
from timeshare.prepare.tokens import ragged_places


def write_buckets(
    folder: Path,
    split: str,
    *,
    encoded: Iterable[tuple[np.ndarray, np.ndarray]],
    bucket_of_rows: np.ndarray,
    bounds: tuple[int, ...],
    labels: np.ndarray,
    lengths: np.ndarray,
    dtype: np.dtype,
    side: str,
    advance: Callable[[int], None],
) -> None:
    """Write the parts of every bucket of a split; within a bucket the rows keep their order.

    Args:
        folder: where the files go.
        split: name of the split.
        encoded: chunks of (ids of all tokens, lengths of the texts), in row order.
        bucket_of_rows: int [N], the bucket of each row; no bucket is empty.
        bounds: padded length of each bucket.
        labels: int32 [N].
        lengths: int32 [N].
        dtype: of the matrices.
        side: `right` pads after the text, `left` before it.
        advance: called with the rows of each chunk that is done.
    """
    for bucket, bound in enumerate(bounds):
        rows = np.flatnonzero(bucket_of_rows == bucket)
        np.save(part_path(folder, split, bucket, "rows"), rows.astype(np.int64))
        np.save(part_path(folder, split, bucket, "lengths"), lengths[rows])
        np.save(part_path(folder, split, bucket, "labels"), labels[rows])
        _begin_matrix(part_path(folder, split, bucket, "tokens"), (len(rows), bound), dtype)
    first = 0
    for ids, chunk_lengths in encoded:
        buckets = bucket_of_rows[first : first + len(chunk_lengths)]
        order = np.argsort(buckets, kind="stable")
        starts = np.cumsum(chunk_lengths, dtype=np.int64) - chunk_lengths
        by_bucket = ids[ragged_places(starts[order], chunk_lengths[order])].astype(dtype)
        row = token = 0
        for bucket, count in enumerate(np.bincount(buckets, minlength=len(bounds)).tolist()):
            if count == 0:
                continue
            members = chunk_lengths[order[row : row + count]]
            tokens = int(members.sum())
            block = padded(by_bucket[token : token + tokens], members, bounds[bucket], side)
            # Appended, not mapped: a full disk is then an error to catch and not a signal that kills.
            with part_path(folder, split, bucket, "tokens").open("ab") as file:
                file.write(block.data)
            row, token = row + count, token + tokens
        first += len(chunk_lengths)
        advance(len(chunk_lengths))


def padded(ids: np.ndarray, lengths: np.ndarray, bound: int, side: str) -> np.ndarray:
    """Texts of `lengths` tokens, one after the other in `ids`, as rows [B, bound] padded with 0 on one side."""
    places = np.arange(bound)
    filled = places < lengths[:, None] if side == "right" else places >= bound - lengths[:, None]
    block = np.zeros((len(lengths), bound), dtype=ids.dtype)
    block[filled] = ids
    return block


def write_row_table(raw: Path, target: Path, lengths: np.ndarray) -> None:
    """Copy a raw table without its text, with the int32 column `length` in tokens, streamed."""
    with pq.ParquetFile(raw) as source:
        schema = pa.schema([field for field in source.schema_arrow if field.name != "text"])
        with pq.ParquetWriter(target, schema.append(pa.field("length", pa.int32(), nullable=False))) as writer:
            first = 0
            for batch in source.iter_batches(columns=schema.names):
                part = pa.array(lengths[first : first + batch.num_rows], pa.int32())
                writer.write_batch(pa.record_batch([*batch.columns, part], schema=writer.schema))
                first += batch.num_rows


def _begin_matrix(path: Path, shape: tuple[int, int], dtype: np.dtype) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
