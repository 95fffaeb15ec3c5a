"""The raw tables: what every source yields, and the files of data/raw/DATASET/ that hold it."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from timeshare.core.artifacts import write_csv, write_json
from timeshare.core.prepared.tokenisers import Tokeniser, tokeniser_of

SPLITS = ("train", "valid", "test")

ROW_SCHEMA = pa.schema([pa.field(name, pa.string(), nullable=False) for name in ("id", "text", "label")])
PROBE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("place", pa.int32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("position", pa.int32(), nullable=False),
    ]
)
# One batch is one row group, so that a file's bytes depend on its rows alone.
ROWS_PER_BATCH = 65_536


class Row(NamedTuple):
    """One labelled text."""

    id: str
    text: str
    label: str


class Probe(NamedTuple):
    """One text that asks something of the model's behaviour.

    Attributes:
        id: unique among the probes.
        group: the probes that are read together: the orders of one meaning, the two texts of a pair, the
            permutations of one test row (whose id this is).
        kind: `invariance`, `sensitivity`, `position_seen`, `position_unseen`, `length`, `shuffle_N` or `moved`.
        place: 0-based, in the group.
        text: the text.
        label: its right label.
        position: 0-based index of the token that decides the label; -1 where there is no such token.
    """

    id: str
    group: str
    kind: str
    place: int
    text: str
    label: str
    position: int = -1


@dataclass(frozen=True)
class RawData:
    """A dataset as its source yields it. The tables are streams: a table need not fit into memory.

    Attributes:
        classes: the labels, sorted; a label's index is its place here.
        splits: for each of `SPLITS`, batches of `ROW_SCHEMA`.
        probes: batches of `PROBE_SCHEMA`.
        gold_orders: whether the probes hold reorderings with exact labels (`invariance`, `sensitivity`).
        notes: facts of the source for schema.json.
        remarks: what whoever reads the results ought to know of the rows, in sentences.
        left_out: file, row and reason of each row that is left out; None where no row ever is.
        left_out_by_reason: how many these are.
        tokeniser: what cuts the texts, where the texts themselves settle it.
    """

    classes: tuple[str, ...]
    splits: Mapping[str, Iterable[pa.RecordBatch]]
    probes: Iterable[pa.RecordBatch]
    gold_orders: bool
    notes: Mapping[str, Any]
    remarks: Sequence[str] = ()
    left_out: Iterable[tuple[str, int, str]] | None = None
    left_out_by_reason: Mapping[str, int] = field(default_factory=dict)
    tokeniser: str | None = None


def row_batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """Rows as batches of `ROW_SCHEMA`."""
    return _batches(rows, ROW_SCHEMA)


def probe_batches(probes: Iterable[Probe]) -> Iterator[pa.RecordBatch]:
    """Probes as batches of `PROBE_SCHEMA`."""
    return _batches(probes, PROBE_SCHEMA)


def write_raw(raw: RawData, folder: Path, *, source: str, tokeniser: str) -> None:
    """Write a .parquet file for each split and the probes, schema.json, and left_out.csv if the source leaves rows out.

    schema.json says, beside what the source says of itself, how many rows there are and which share of the words of
    valid and test no training text has (`unseen`). Equal rows give equal bytes.

    Args:
        raw: the dataset; its streams are read to their ends, one after the other.
        folder: an existing folder.
        source: name of the source.
        tokeniser: name of what cuts the texts (`core.prepared.tokenisers`), unless the texts settle it.
    """
    tokeniser = raw.tokeniser or tokeniser
    words = _Words(tokeniser_of(tokeniser))
    rows = {
        split: _write_table(folder / f"{split}.parquet", words.counting(raw.splits[split], split), ROW_SCHEMA)
        for split in SPLITS
    }
    kinds: Counter[str] = Counter()
    rows["probes"] = _write_table(folder / "probes.parquet", _counting(raw.probes, kinds), PROBE_SCHEMA)
    schema = {
        "source": source,
        "tokeniser": tokeniser,
        "classes": list(raw.classes),
        "rows": rows,
        "unseen": words.unseen,
        "probe_kinds": dict(kinds),
        "gold_orders": raw.gold_orders,
        "notes": dict(raw.notes),
        "left_out": dict(raw.left_out_by_reason),
        "remarks": list(raw.remarks),
    }
    if raw.left_out is not None:
        write_csv(folder / "left_out.csv", ("file", "row", "reason"), raw.left_out)
    write_json(folder / "schema.json", schema)


class _Words:
    """Which share of the words of valid and test, counted where they stand, no training text has.

    Each distinct word of train is in memory once.

    Attributes:
        unseen: the share, by split; of those that have been read to their ends.
    """

    def __init__(self, tokenise: Tokeniser) -> None:
        self._tokenise = tokenise
        self._trained: set[str] = set()
        self.unseen: dict[str, float] = {}

    def counting(self, batches: Iterable[pa.RecordBatch], split: str) -> Iterator[pa.RecordBatch]:
        """The batches of a split, of which `train` must come first, as they are."""
        words = unseen = 0
        for batch in batches:
            for text in batch.column("text").to_pylist():
                tokens = self._tokenise(text)
                if split == "train":
                    self._trained.update(tokens)
                else:
                    words += len(tokens)
                    unseen += sum(token not in self._trained for token in tokens)
            yield batch
        if split != "train":
            self.unseen[split] = unseen / words if words else 0.0


def _batches(records: Iterable[tuple[Any, ...]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    iterator = iter(records)
    while chunk := list(itertools.islice(iterator, ROWS_PER_BATCH)):
        columns = [pa.array(column, field.type) for column, field in zip(zip(*chunk, strict=True), schema, strict=True)]
        yield pa.record_batch(columns, schema=schema)


def _counting(batches: Iterable[pa.RecordBatch], kinds: Counter[str]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for count in pc.value_counts(batch.column("kind")).to_pylist():
            kinds[count["values"]] += count["counts"]
        yield batch


def _write_table(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]), row_group_size=ROWS_PER_BATCH)
            rows += batch.num_rows
    return rows
