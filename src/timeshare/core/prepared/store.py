"""Prepared data, memory-mapped: opening reads no matrix, and a batch is one gather from one bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from timeshare.core.batch import Batch
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import (
    PARTS,
    SPLITS,
    BucketMeta,
    Meta,
    damaged,
    part_path,
    read_meta,
    rows_path,
    token_type,
)
from timeshare.core.prepared.text import Vocabulary

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Bucket:
    """The texts of one padded length T_b, memory-mapped.

    Attributes:
        tokens: unsigned integers [N_b, T_b].
        lengths: int32 [N_b].
        labels: int32 [N_b].
        rows: int64 [N_b], rows of the split's raw table.
    """

    tokens: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Split:
    """One split of the prepared data, bucket by bucket.

    Attributes:
        folder: of the prepared data.
        name: train, valid, test or probes.
        buckets: its buckets, by length.
        side: where its texts are padded, right or left.
        vocabulary_size: V, which every token id is below.
    """

    folder: Path
    name: str
    buckets: tuple[Bucket, ...]
    side: str
    vocabulary_size: int

    def __len__(self) -> int:
        """Rows over all buckets."""
        return sum(len(bucket.lengths) for bucket in self.buckets)

    @property
    def bounds(self) -> tuple[int, ...]:
        """The padded length of each bucket in tokens."""
        return tuple(int(bucket.tokens.shape[1]) for bucket in self.buckets)

    @property
    def bucket_lengths(self) -> tuple[np.ndarray, ...]:
        """For each bucket, int32 [N_b]: the tokens of its rows."""
        return tuple(bucket.lengths for bucket in self.buckets)

    def gather(
        self,
        bucket: int,
        rows: np.ndarray,
        length: int | None = None,
        real: np.ndarray | None = None,
        total: int | None = None,
    ) -> Batch:
        """The batch of some rows of a bucket.

        Args:
            bucket: index of the bucket.
            rows: int [B], rows of the bucket's matrix.
            length: padded length in tokens, at least each row's; None for the bucket's own.
            real: bool [B], False on rows that only fill up; None if all are real.
            total: real rows of the step over all processes; None if this batch is the whole step.
        Raises:
            UserError: a token id is beyond the vocabulary. Opening reads no matrix, so that here is the place to look.
        """
        source = self.buckets[bucket]
        if real is None:
            real = np.ones(len(rows), dtype=bool)
        ids = source.tokens.take(rows, axis=0)
        if length is not None and length < ids.shape[1]:  # cut what was gathered: cutting before would copy the bucket
            ids = ids[:, :length] if self.side == "right" else ids[:, -length:]
        if ids.size and ids.max() >= self.vocabulary_size:
            path = part_path(self.folder, self.name, bucket, "tokens")
            raise damaged(path, f"holds token id {ids.max()}, and the vocabulary has {self.vocabulary_size} tokens")
        return Batch(
            tokens=torch.from_numpy(ids.astype(np.int64, order="C", copy=False)),
            lengths=_gathered(source.lengths, rows),
            labels=_gathered(source.labels, rows),
            rows=_gathered(source.rows, rows),
            real=torch.from_numpy(real),
            total=int(np.count_nonzero(real)) if total is None else total,
        )

    def starts(self, bucket: Bucket) -> np.ndarray:
        """Where each text of a bucket begins in its row, int64 [N_b]."""
        padding = bucket.tokens.shape[1] - bucket.lengths.astype(np.int64)
        return padding if self.side == "left" else 0 * padding

    def lengths(self) -> np.ndarray:
        """The tokens of each text in the order of the raw table, int32 [N]."""
        return self._by_row("lengths")

    def labels(self) -> np.ndarray:
        """The class index of each text in the order of the raw table, int32 [N]."""
        return self._by_row("labels")

    def _by_row(self, part: str) -> np.ndarray:
        values = np.empty(len(self), dtype=np.int32)
        for bucket in self.buckets:
            values[bucket.rows] = getattr(bucket, part)
        return values


@dataclass(frozen=True)
class PreparedData:
    """A dataset that is ready for training: open it with `PreparedData.open`."""

    folder: Path
    meta: Meta
    vocabulary: Vocabulary
    splits: Mapping[str, Split]

    @classmethod
    def open(cls, folder: Path, splits: Sequence[str] = SPLITS) -> Self:
        """Map the prepared data of a folder, after checking that every file fits meta.json.

        Args:
            folder: data/prepared/DATASET.
            splits: those to map; there may be hundreds of buckets in one that is not needed.
        Raises:
            UserError: a file is missing, truncated, damaged or of another version; the message names it.
        """
        meta = read_meta(folder / "meta.json")
        vocabulary = Vocabulary.load(folder / "vocab.json")
        if vocabulary.digest != meta["vocabulary"]:
            raise damaged(folder / "vocab.json", "other tokens than meta.json was written with")
        mapped = {}
        for name in splits:
            rows = meta["splits"][name]["rows"]
            mapped[name] = Split(
                folder,
                name,
                tuple(
                    _open_bucket(folder, name, index, bucket, rows, meta)
                    for index, bucket in enumerate(meta["splits"][name]["buckets"])
                ),
                meta["side"],
                meta["vocabulary_size"],
            )
            if not _each_row_once(mapped[name].buckets, rows):
                raise damaged(folder, f"the buckets of {name} do not hold each of its {rows} rows once")
        return cls(folder, meta, vocabulary, MappingProxyType(mapped))

    def split(self, name: str) -> Split:
        """The split `train`, `valid`, `test` or `probes`, of those that were opened."""
        return self.splits[name]

    def rows(self, name: str) -> "pa.Table":
        """The raw table of `test` or `probes` without its text, with `length` in tokens.

        Raises:
            UserError: the file is missing, damaged, or of other rows than the split's.
        """
        # Training reads no table, and should not pay for importing what does.
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = rows_path(self.folder, name)
        try:
            table = pq.read_table(path)
        except FileNotFoundError:
            raise UserError(f"{path}: no such file; `dvc repro` makes it anew") from None
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, str(error).partition("\n")[0]) from None
        if len(table) != len(self.split(name)):
            raise damaged(path, f"{len(table)} rows, not {len(self.split(name))}")
        return table


def _each_row_once(buckets: Sequence[Bucket], rows: int) -> bool:
    found = np.zeros(rows, dtype=bool)
    for bucket in buckets:
        found[bucket.rows] = True
    return sum(len(bucket.rows) for bucket in buckets) == rows and bool(found.all())


def _gathered(source: np.ndarray, rows: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(source.take(rows, axis=0).astype(np.int64, copy=False))


def _open_bucket(folder: Path, split: str, index: int, bucket: BucketMeta, split_rows: int, meta: Meta) -> Bucket:
    """Map one bucket and check shapes, types and the small parts' values; the matrix itself is not read."""
    count, longest = bucket["rows"], bucket["length"]
    expected = {
        "tokens": ((count, longest), token_type(meta["vocabulary_size"]), None),
        "lengths": ((count,), np.dtype(np.int32), (1, longest)),
        "labels": ((count,), np.dtype(np.int32), (0, len(meta["classes"]) - 1)),
        "rows": ((count,), np.dtype(np.int64), (0, split_rows - 1)),
    }
    arrays = {}
    for part in PARTS:
        path = part_path(folder, split, index, part)
        shape, dtype, limits = expected[part]
        array = _map(path)
        if array.shape != shape or array.dtype != dtype:
            raise damaged(path, f"{array.dtype} {list(array.shape)}, not {dtype} {list(shape)}")
        if limits is not None and not limits[0] <= array.min() <= array.max() <= limits[1]:
            raise damaged(path, f"holds values from {array.min()} to {array.max()}, not {limits[0]} to {limits[1]}")
        arrays[part] = array
    return Bucket(**arrays)


def _map(path: Path) -> np.ndarray:
    try:
        # The plain array class over the mapping: np.memmap's own bookkeeping costs more than a small gather.
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)).view(np.ndarray)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it anew") from None
    except (ValueError, EOFError) as error:
        raise damaged(path, str(error).partition("\n")[0]) from None
