"""Prepared data, memory-mapped: opening reads no matrix, and a batch is one gather from one bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from timeshare.artifacts import read_json
from timeshare.batch import Batch
from timeshare.config.errors import UserError
from timeshare.data.layout import PARTS, SPLITS, VERSION, BucketMeta, Meta, part_path, token_type
from timeshare.data.text import Vocabulary

_META = TypeAdapter(Meta)


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
    """One split of the prepared data, bucket by bucket; `side` is where its texts are padded, right or left."""

    name: str
    buckets: tuple[Bucket, ...]
    side: str

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
        """
        source = self.buckets[bucket]
        if real is None:
            real = np.ones(len(rows), dtype=bool)
        tokens = source.tokens
        if length is not None and length < tokens.shape[1]:
            tokens = tokens[:, :length] if self.side == "right" else tokens[:, -length:]
        return Batch(
            tokens=_gathered(tokens, rows),
            lengths=_gathered(source.lengths, rows),
            labels=_gathered(source.labels, rows),
            rows=_gathered(source.rows, rows),
            real=torch.from_numpy(real),
            total=int(np.count_nonzero(real)) if total is None else total,
        )

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
        meta = _read_meta(folder / "meta.json")
        vocabulary = Vocabulary.load(folder / "vocab.json")
        if len(vocabulary) != meta["vocabulary_size"]:
            raise _damaged(folder / "vocab.json", f"{len(vocabulary)} tokens, not {meta['vocabulary_size']}")
        mapped = {}
        for name in splits:
            rows = meta["splits"][name]["rows"]
            mapped[name] = Split(
                name,
                tuple(
                    _open_bucket(folder, name, index, bucket, rows, meta)
                    for index, bucket in enumerate(meta["splits"][name]["buckets"])
                ),
                meta["side"],
            )
            if len(mapped[name]) != rows:
                raise _damaged(folder / "meta.json", f"the buckets of {name} do not add up to its {rows} rows")
        return cls(folder, meta, vocabulary, MappingProxyType(mapped))

    def __reduce__(self) -> tuple[object, ...]:
        # Another process maps the files itself, instead of being sent what they hold.
        return PreparedData.open, (self.folder, tuple(self.splits))

    def split(self, name: str) -> Split:
        """The split `train`, `valid`, `test` or `probes`, of those that were opened."""
        return self.splits[name]


def _gathered(source: np.ndarray, rows: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(source.take(rows, axis=0).astype(np.int64, copy=False))


def _read_meta(path: Path) -> Meta:
    content = read_json(path)
    version = content.get("version") if isinstance(content, dict) else None
    if version != VERSION:
        raise UserError(f"{path}: has layout version {version}, not {VERSION}; `dvc repro` makes it anew")
    try:
        meta = _META.validate_python(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    missing = [name for name in SPLITS if name not in meta["splits"]]
    if missing:
        raise _damaged(path, f"splits lacks {', '.join(missing)}")
    return meta


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
            raise _damaged(path, f"{array.dtype} {list(array.shape)}, not {dtype} {list(shape)}")
        if limits is not None and not limits[0] <= array.min() <= array.max() <= limits[1]:
            raise _damaged(path, f"holds values from {array.min()} to {array.max()}, not {limits[0]} to {limits[1]}")
        arrays[part] = array
    return Bucket(**arrays)


def _map(path: Path) -> np.ndarray:
    try:
        # The plain array class over the mapping: np.memmap's own bookkeeping costs more than a small gather.
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)).view(np.ndarray)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it anew") from None
    except (ValueError, EOFError, OSError) as error:
        raise _damaged(path, str(error).partition("\n")[0]) from None


def _damaged(path: Path, what: str) -> UserError:
    return UserError(f"{path}: is damaged ({what}); remove {path.parent} and `dvc repro` makes it anew")
