"""Small raw tables in the format that the sources write, for the tests of everything behind them."""

from collections.abc import Sequence
from pathlib import Path

from timeshare.core.prepared.store import PreparedData
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.sources.raw import Probe, RawData, Row, probe_batches, row_batches, write_raw

Rows = Sequence[tuple[str, str]]

TRAIN: Rows = [
    ("the milk", "drink"),
    ("The dog ate the bone.", "food"),
    ("milk", "drink"),
    ("the dog drank milk", "drink"),
    ("bone, bone", "food"),
]
VALID: Rows = [("the cat", "food"), ("milk milk milk", "drink")]
TEST: Rows = [("a dog", "food"), ("the milk (cold)", "drink"), ("milk", "drink")]
PROBES: Rows = [("the dog ate the milk and then drank the bone", "food"), ("milk the", "drink")]


def write_raw_tables(
    folder: Path,
    *,
    train: Rows = TRAIN,
    valid: Rows = VALID,
    test: Rows = TEST,
    probes: Rows | Sequence[Probe] = PROBES,
    tokeniser: str = "basic_english",
    classes: Sequence[str] = ("drink", "food"),
    gold_orders: bool = False,
) -> Path:
    """Write (text, label) rows as raw tables; ids are SPLIT-ROW, if probes are not given whole. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    splits = {
        split: row_batches(Row(f"{split}-{row}", text, label) for row, (text, label) in enumerate(rows))
        for split, rows in (("train", train), ("valid", valid), ("test", test))
    }
    asked = [
        one if isinstance(one, Probe) else Probe(f"probes-{row}", f"probes-{row}", "length", 0, *one)
        for row, one in enumerate(probes)
    ]
    raw = RawData(tuple(classes), splits, probe_batches(asked), gold_orders=gold_orders, notes={})
    write_raw(raw, folder, source="made", tokeniser=tokeniser)
    return folder


def prepared(folder: Path, raw: Path, **settings: object) -> PreparedData:
    """Prepare raw tables into a new folder and open it."""
    folder.mkdir(parents=True)
    prepare(raw, folder, PrepareSettings(**settings))
    return PreparedData.open(folder)


def lengths_as_rows(lengths: Sequence[int]) -> Rows:
    """One text for each length, with tokens that tell the rows apart: row 3 of length 2 is `r3 r3`."""
    return [(" ".join([f"r{row}"] * length), ("drink", "food")[row % 2]) for row, length in enumerate(lengths)]
