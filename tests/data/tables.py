"""Small raw tables in the format that the sources write, for the tests of everything behind them."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from timeshare.core.artifacts import write_json
from timeshare.core.config.settings import PrepareSettings
from timeshare.core.prepared.store import PreparedData
from timeshare.data.prepare import prepare

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
    probes: Rows = PROBES,
    source: str = "sentences",
    classes: Sequence[str] = ("drink", "food"),
) -> Path:
    """Write (text, label) rows as raw tables; ids are SPLIT-ROW. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    splits = {"train": train, "valid": valid, "test": test, "probes": probes}
    for split, rows in splits.items():
        ids = [f"{split}-{row}" for row in range(len(rows))]
        columns = {
            "id": pa.array(ids, pa.string()),
            "text": pa.array([text for text, _ in rows], pa.string()),
            "label": pa.array([label for _, label in rows], pa.string()),
        }
        if split == "probes":
            columns["group"] = columns["id"]
            columns["kind"] = pa.array(["length"] * len(rows), pa.string())
            columns["member"] = pa.array([0] * len(rows), pa.int32())
            columns["position"] = pa.array([-1] * len(rows), pa.int32())
        pq.write_table(pa.table(columns), folder / f"{split}.parquet")
    schema = {
        "source": source,
        "classes": list(classes),
        "rows": {split: len(rows) for split, rows in splits.items()},
        "probe_kinds": {"length": len(probes)},
        "gold_orders": False,
        "notes": {},
    }
    write_json(folder / "schema.json", schema)
    return folder


def prepared(folder: Path, raw: Path, **settings: object) -> PreparedData:
    """Prepare raw tables into a new folder and open it."""
    folder.mkdir(parents=True)
    prepare(raw, folder, PrepareSettings(**settings))
    return PreparedData.open(folder)


def lengths_as_rows(lengths: Sequence[int]) -> Rows:
    """One text for each length, with tokens that tell the rows apart: row 3 of length 2 is `r3 r3`."""
    return [(" ".join([f"r{row}"] * length), ("drink", "food")[row % 2]) for row, length in enumerate(lengths)]
