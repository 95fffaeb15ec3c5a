import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from timeshare.sources import raw
from timeshare.sources.raw import (
    PROBE_SCHEMA,
    ROW_SCHEMA,
    Probe,
    RawData,
    Row,
    probe_batches,
    row_batches,
    write_raw,
)


def raw_data(rows: int) -> RawData:
    train = (Row(f"train-{index}", f"text {index}", "ab"[index % 2]) for index in range(rows))
    few = [Row("x", "שלום 🙂", "a")]
    probes = [Probe("p0", "g", "length", 0, "long", "a"), Probe("p1", "h", "sensitivity", 1, "b", "b", 3)]
    return RawData(
        classes=("a", "b"),
        splits={"train": row_batches(train), "valid": row_batches(few), "test": row_batches([])},
        probes=probe_batches(probes),
        gold_orders=False,
        notes={"longest_trained": 2},
    )


def test_tables_and_schema_hold_what_the_source_yields(tmp_path: Path) -> None:
    write_raw(raw_data(3), tmp_path, source="mine", tokeniser="whitespace")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "probes.parquet",
        "schema.json",
        "test.parquet",
        "train.parquet",
        "valid.parquet",
    ]
    train = pq.read_table(tmp_path / "train.parquet")
    assert train.schema.equals(ROW_SCHEMA)
    assert train.to_pylist()[2] == {"id": "train-2", "text": "text 2", "label": "a"}
    assert pq.read_table(tmp_path / "valid.parquet")["text"].to_pylist() == ["שלום 🙂"]
    assert pq.read_table(tmp_path / "test.parquet").num_rows == 0
    probes = pq.read_table(tmp_path / "probes.parquet")
    assert probes.schema.equals(PROBE_SCHEMA)
    assert probes["position"].to_pylist() == [-1, 3]
    assert json.loads((tmp_path / "schema.json").read_text()) == {
        "source": "mine",
        "tokeniser": "whitespace",
        "classes": ["a", "b"],
        "rows": {"train": 3, "valid": 1, "test": 0, "probes": 2},
        "unseen": {"valid": 1.0, "test": 0.0},
        "probe_kinds": {"length": 1, "sensitivity": 1},
        "gold_orders": False,
        "notes": {"longest_trained": 2},
        "left_out": {},
        "remarks": [],
    }


def test_schema_says_which_share_of_the_words_training_never_had(tmp_path: Path) -> None:
    texts = {
        "train": ["The milk", "the dog"],
        "valid": ["the cat", "milk milk"],
        "test": ["a dog", "the (cold) milk"],
    }
    splits = {split: row_batches(Row(text, text, "a") for text in rows) for split, rows in texts.items()}
    raw = RawData(("a", "b"), splits, probe_batches([]), gold_orders=False, notes={}, tokeniser="basic_english")
    write_raw(raw, tmp_path, source="mine", tokeniser="whitespace")
    # cat; a ( cold ), cut by the tokeniser that the texts settle.
    assert json.loads((tmp_path / "schema.json").read_text())["unseen"] == {"valid": 1 / 4, "test": 4 / 7}


@pytest.mark.parametrize(("rows", "groups"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (200, [100, 100])])
def test_equal_rows_give_equal_bytes_in_row_groups_of_one_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, groups: list[int]
) -> None:
    monkeypatch.setattr(raw, "ROWS_PER_BATCH", 100)
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_raw(raw_data(rows), tmp_path / name, source="mine", tokeniser="whitespace")
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()
    metadata = pq.read_metadata(tmp_path / "first" / "train.parquet")
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == groups
