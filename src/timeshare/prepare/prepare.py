"""From raw tables to the prepared layout, streamed: a table may be larger than memory.

Two passes. The first reads, tokenises and counts, and leaves each token's number on disk; then the vocabulary and the
bucket bounds are known, and the second turns numbers into ids and appends them to the buckets' matrices. So each text
is tokenised once. The bytes written depend on the tables and the settings alone, not on the number of workers.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NotRequired

import numpy as np
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from timeshare.core.artifacts import checked, read_json, write_json
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import (
    SPLITS,
    SPLITS_WITH_ROWS,
    VERSION,
    Meta,
    SplitMeta,
    padding_waste,
    rows_path,
    token_type,
)
from timeshare.core.prepared.text import SPECIAL_TOKENS, Vocabulary
from timeshare.core.prepared.tokenisers import TokeniserName
from timeshare.prepare.bucketing import bounds_for, bucket_of, extended_bounds, waste_of_bounds
from timeshare.prepare.corpus import Corpus, Scan
from timeshare.prepare.matrix import write_buckets, write_row_table
from timeshare.prepare.progress import row_progress
from timeshare.prepare.settings import PrepareSettings
from timeshare.prepare.workers import Workers

PERCENTILES = (5, 25, 50, 75, 95, 99)


class _Schema(TypedDict):
    """What preparing needs of schema.json."""

    tokeniser: TokeniserName
    classes: list[str]
    rows: dict[str, int]
    unseen: NotRequired[dict[str, float]]
    left_out: NotRequired[dict[str, int]]
    remarks: NotRequired[list[str]]


_SCHEMA = TypeAdapter(_Schema)


def prepare(raw: Path, folder: Path, settings: PrepareSettings) -> None:
    """Write the prepared layout (core/prepared/layout.py) of a dataset.

    Args:
        raw: folder with schema.json and the raw tables.
        folder: an existing folder; what is written there is whole only if this returns.
        settings: layout, vocabulary and workers.
    Raises:
        UserError: a raw table is missing or damaged, train or valid is empty, a label is no class of schema.json, or a
            text has no token; the message names file and row.
    """
    path = raw / "schema.json"
    schema = checked(path, read_json(path), _SCHEMA, remedy=f"remove {raw} and run `dvc repro`")
    with (
        TemporaryDirectory(dir=folder) as scratch,
        row_progress(sum(schema["rows"].values())) as begin,
        Workers(settings.workers, schema["tokeniser"]) as workers,
    ):
        corpus = Corpus(raw, Path(scratch), schema["classes"], workers)
        advance = begin("tokenising")
        scans = {split: corpus.scan(split, advance) for split in SPLITS}
        for split in ("train", "valid"):
            if len(scans[split].lengths) == 0:
                raise UserError(f"{raw / split}.parquet: has no row; give the split a larger share")
        vocabulary = corpus.fit_vocabulary(settings.vocabulary_size, settings.min_frequency)
        if len(vocabulary) == len(SPECIAL_TOKENS):
            raise UserError(
                f"{raw / 'train'}.parquet: no token occurs {settings.min_frequency} times; lower prepare.min_frequency"
            )
        bounds = bounds_of_splits(scans, settings)
        advance = begin("writing")
        splits = {
            split: _write_split(folder, split, corpus, vocabulary, scans[split], bounds[split], settings.side, advance)
            for split in SPLITS
        }
    for split in SPLITS_WITH_ROWS:
        write_row_table(raw / f"{split}.parquet", rows_path(folder, split), scans[split].lengths)
    vocabulary.save(folder / "vocab.json")
    train = scans["train"].lengths
    meta: Meta = {
        "version": VERSION,
        "classes": schema["classes"],
        "vocabulary": vocabulary.digest,
        "vocabulary_size": len(vocabulary),
        "tokeniser": schema["tokeniser"],
        "layout": settings.layout,
        "side": settings.side,
        "bounds": list(bounds["train"]),
        "longest_train": int(train.max()),
        "splits": splits,
        "waste": {
            layout: waste_of_bounds(train, bounds_for(train, layout, settings.bounds, settings.buckets))
            for layout in ("padding", "bucketing", "exact")
        },
        "unseen": schema.get("unseen", {}),
        "left_out": schema.get("left_out", {}),
        "remarks": schema.get("remarks", []),
    }
    write_json(folder / "meta.json", meta)


def bounds_of_splits(scans: Mapping[str, Scan], settings: PrepareSettings) -> dict[str, tuple[int, ...]]:
    """The bucket bounds of each split; those of `train` hold for all, and longer texts of others get further ones."""
    choice = (settings.layout, settings.bounds, settings.buckets)
    train = bounds_for(scans["train"].lengths, *choice)
    return {split: extended_bounds(train, scan.lengths, *choice) for split, scan in scans.items()}


def _write_split(
    folder: Path,
    split: str,
    corpus: Corpus,
    vocabulary: Vocabulary,
    scan: Scan,
    bounds: tuple[int, ...],
    side: str,
    advance: Callable[[int], None],
) -> SplitMeta:
    """Write the buckets of a split that hold any row, and say what they are."""
    buckets = bucket_of(scan.lengths, bounds)
    counts = np.bincount(buckets, minlength=len(bounds))
    occupied = np.flatnonzero(counts)
    own_bounds = tuple(bounds[bucket] for bucket in occupied)
    write_buckets(
        folder,
        split,
        encoded=corpus.encoded(split, scan, vocabulary),
        bucket_of_rows=(np.cumsum(counts > 0) - 1)[buckets],
        bounds=own_bounds,
        labels=scan.labels,
        lengths=scan.lengths,
        dtype=token_type(len(vocabulary)),
        side=side,
        advance=advance,
    )
    own_counts = counts[occupied].tolist()
    tokens = int(scan.lengths.sum(dtype=np.int64))
    entries = sum(count * bound for count, bound in zip(own_counts, own_bounds, strict=True))
    return {
        "rows": len(scan.lengths),
        "tokens": tokens,
        "entries": entries,
        "waste": padding_waste(tokens, entries),
        "buckets": [{"length": bound, "rows": count} for count, bound in zip(own_counts, own_bounds, strict=True)],
        "lengths": _percentiles(scan.lengths),
    }


def _percentiles(lengths: np.ndarray) -> dict[str, int]:
    """The shortest and longest text and percentiles between, in tokens; nothing for an empty split."""
    if len(lengths) == 0:
        return {}
    values = np.percentile(lengths, PERCENTILES, method="inverted_cdf")
    between = {f"p{share}": int(value) for share, value in zip(PERCENTILES, values, strict=True)}
    return {"min": int(lengths.min()), **between, "max": int(lengths.max())}
