"""The prepared layout on disk: file names and meta.json, which `prepare` writes and `store` reads.

data/prepared/DATASET/
    vocab.json                 tokens in order of their ids
    meta.json                  what `Meta` says
    SPLIT-BBB.tokens.npy       [N_b, T_b], smallest unsigned integers that hold the vocabulary, padded with 0
    SPLIT-BBB.lengths.npy      int32 [N_b], tokens of each text
    SPLIT-BBB.labels.npy       int32 [N_b], class indices
    SPLIT-BBB.rows.npy         int64 [N_b], row in the split's raw table, ascending
    rows-test.parquet          the raw table without its text, with `length`; likewise rows-probes.parquet
"""

from pathlib import Path
from typing import Annotated, Literal, NotRequired

import numpy as np
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from timeshare.core.artifacts import read_versioned
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import TokeniserName

VERSION = 1
SPLITS = ("train", "valid", "test", "probes")
SPLITS_WITH_ROWS = ("test", "probes")
MOST_CHARACTERS = 1000  # of remarks in a record
PARTS = ("tokens", "lengths", "labels", "rows")


_Positive = Annotated[int, Field(ge=1)]


class BucketMeta(TypedDict):
    """One bucket: its padded length in tokens and its number of rows, at least 1."""

    length: _Positive
    rows: _Positive


class SplitMeta(TypedDict):
    """One split: real tokens, entries of its matrices, the share of these that is padding, lengths by percentile."""

    rows: int
    tokens: int
    entries: int
    waste: float
    buckets: list[BucketMeta]
    lengths: dict[str, int]


class Meta(TypedDict):
    """What meta.json holds.

    `vocabulary_size` counts padding and unknown, and `vocabulary` is the digest of the tokens; `bounds` are those of
    the training split; `waste` is the training split's share of padding under each layout; `unseen` is the share of the
    words of valid and test that no training text has; `left_out` counts rows by the reason why they were, and `remarks`
    says what else is odd about them. Models of before lack the last three.
    """

    version: int
    classes: Annotated[list[str], Field(min_length=2)]
    vocabulary: str
    vocabulary_size: _Positive
    tokeniser: TokeniserName
    layout: Literal["padding", "bucketing", "exact"]
    side: Literal["right", "left"]
    bounds: list[int]
    longest_train: _Positive
    splits: dict[str, SplitMeta]
    waste: dict[str, float]
    unseen: NotRequired[dict[str, float]]
    left_out: NotRequired[dict[str, int]]
    remarks: NotRequired[list[str]]


_META = TypeAdapter(Meta)


def read_meta(path: Path) -> Meta:
    """Read meta.json.

    Raises:
        UserError: the file is missing, damaged or of another version.
    """
    meta = read_versioned(path, VERSION, _META)
    missing = [name for name in SPLITS if name not in meta["splits"]]
    if missing:
        raise damaged(path, f"splits lacks {', '.join(missing)}")
    return meta


def rows_of(meta: Meta) -> dict[str, object]:
    """What a record of an experiment says of the rows behind it: how many, how many left out and why, what is odd."""
    return {
        "rows": {split: meta["splits"][split]["rows"] for split in SPLITS},
        "unseen": {split: round(share, 6) for split, share in meta.get("unseen", {}).items()},
        "left_out": dict(meta.get("left_out", {})),
        **({"remarks": "; ".join(meta["remarks"])[:MOST_CHARACTERS]} if meta.get("remarks") else {}),
    }


def padding_waste(tokens: int, entries: int) -> float:
    """The share of the entries of padded matrices that is padding, in [0, 1); 0 where there are none."""
    return 1.0 - tokens / entries if entries else 0.0


def damaged(path: Path, what: str) -> UserError:
    """The error of a prepared file that is not as it was written."""
    return UserError(f"{path}: is damaged ({what}); remove {path.parent} and `dvc repro` makes it anew")


def part_path(folder: Path, split: str, bucket: int, part: str) -> Path:
    """The file of one of `PARTS` of a bucket."""
    return folder / f"{split}-{bucket:03d}.{part}.npy"


def rows_path(folder: Path, split: str) -> Path:
    """The table of a split's rows without their text."""
    return folder / f"rows-{split}.parquet"


def token_type(vocabulary_size: int) -> np.dtype:
    """The smallest unsigned integers that hold every id of the vocabulary."""
    return np.dtype(np.min_scalar_type(vocabulary_size - 1))
