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
from typing import Literal

import numpy as np
from typing_extensions import TypedDict

VERSION = 1
SPLITS = ("train", "valid", "test", "probes")
SPLITS_WITH_ROWS = ("test", "probes")
PARTS = ("tokens", "lengths", "labels", "rows")


class BucketMeta(TypedDict):
    """One bucket: its padded length in tokens and its number of rows, at least 1."""

    length: int
    rows: int


class SplitMeta(TypedDict):
    """One split: real tokens, cells with the padding, the share of cells that is padding, lengths by percentile."""

    rows: int
    tokens: int
    cells: int
    waste: float
    buckets: list[BucketMeta]
    lengths: dict[str, int]


class Meta(TypedDict):
    """What meta.json holds.

    `vocabulary_size` counts padding and unknown; `bounds` are those of the training split; `waste` is the training
    split's share of padded cells under each layout.
    """

    version: int
    classes: list[str]
    vocabulary_size: int
    tokeniser: str
    layout: Literal["padding", "bucketing", "exact"]
    side: Literal["right", "left"]
    bounds: list[int]
    longest_train: int
    splits: dict[str, SplitMeta]
    waste: dict[str, float]


def part_path(folder: Path, split: str, bucket: int, part: str) -> Path:
    """The file of one of `PARTS` of a bucket."""
    return folder / f"{split}-{bucket:03d}.{part}.npy"


def rows_path(folder: Path, split: str) -> Path:
    """The table of a split's rows without their text."""
    return folder / f"rows-{split}.parquet"


def token_type(vocabulary_size: int) -> np.dtype:
    """The smallest unsigned integers that hold every id of the vocabulary."""
    return np.dtype(np.min_scalar_type(vocabulary_size - 1))
