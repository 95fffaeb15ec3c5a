import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.prepare.tables import prepared, write_raw_tables
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData


@pytest.fixture
def data(tmp_path: Path) -> PreparedData:
    return prepared(tmp_path / "out", write_raw_tables(tmp_path / "raw"), bounds=(2, 6))


def test_a_batch_is_the_rows_asked_for_in_their_order(data: PreparedData) -> None:
    batch = data.split("train").gather(1, np.array([2, 0]))
    assert batch.tokens.tolist() == [[3, 6, 3, 0, 0, 0], [2, 5, 8, 2, 3, 7]]
    assert batch.lengths.tolist() == [3, 6]
    assert batch.labels.tolist() == [1, 1]
    assert batch.rows.tolist() == [4, 1]
    assert (batch.real.tolist(), batch.total) == ([True, True], 2)
    assert {tensor.dtype for tensor in batch[:4]} == {torch.int64}


def test_rows_that_fill_up_are_marked(data: PreparedData) -> None:
    batch = data.split("train").gather(0, np.array([1, 1]), real=np.array([True, False]), total=3)
    assert (batch.tokens.tolist(), batch.real.tolist(), batch.total) == ([[4, 0], [4, 0]], [True, False], 3)
    assert data.split("train").gather(0, np.array([1, 1]), real=np.array([True, False])).total == 1


def test_changing_a_batch_leaves_the_store_as_it_is(data: PreparedData) -> None:
    split = data.split("train")
    batch = split.gather(0, np.array([0]))
    batch.tokens.zero_()
    batch.rows.zero_()
    assert split.gather(0, np.array([0])).tokens.tolist() == [[2, 4]]
    with pytest.raises(ValueError, match="read-only"):
        split.buckets[0].tokens[0, 0] = 1


def test_lengths_and_labels_come_in_the_order_of_the_raw_table(data: PreparedData) -> None:
    assert data.split("train").lengths().tolist() == [2, 6, 1, 4, 3]
    assert data.split("train").labels().tolist() == [0, 1, 0, 0, 1]
    assert (len(data.split("train")), data.split("train").bounds) == (5, (2, 6))


def test_matrices_are_mapped_and_not_read(data: PreparedData) -> None:
    mapped = data.split("train").buckets[0].tokens
    while isinstance(mapped, np.ndarray) and not isinstance(mapped, np.memmap):
        mapped = mapped.base
    assert isinstance(mapped, np.memmap)


def save(values: object) -> Callable[[Path], None]:
    return lambda path: np.save(path, values)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def garble(path: Path) -> None:
    path.write_bytes(b"garbage" * 40)


def set_key(key: str, value: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    return change


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("train-001.tokens.npy", cut, "is damaged"),
        ("train-001.tokens.npy", garble, "is damaged"),
        ("train-001.tokens.npy", Path.unlink, "no such file"),
        ("train-001.tokens.npy", lambda path: path.write_bytes(b""), "is damaged"),
        ("train-001.tokens.npy", save(np.zeros((3, 7), np.uint8)), r"is damaged \(uint8 \[3, 7\], not uint8 \[3, 6\]"),
        ("train-001.tokens.npy", save(np.zeros((3, 6), np.int64)), "not uint8"),
        ("train-001.tokens.npy", save(np.array([{}])), "is damaged"),
        ("test-000.lengths.npy", save(np.array([2, 0], np.int32)), "is damaged"),
        ("train-001.lengths.npy", save(np.array([3, 4, 7], np.int32)), "holds values from 3 to 7, not 1 to 6"),
        ("train-001.labels.npy", save(np.array([0, 1, 2], np.int32)), "holds values from 0 to 2, not 0 to 1"),
        ("train-001.rows.npy", save(np.array([0, 1, 5])), "holds values from 0 to 5, not 0 to 4"),
        ("vocab.json", lambda path: path.write_text('["<pad>", "<unk>"]'), "other tokens than meta.json was written"),
        ("meta.json", garble, "is damaged"),
        ("meta.json", Path.unlink, "no such file"),
        ("meta.json", set_key("version", 0), "is of version 0, not 1"),
        ("meta.json", set_key("classes", "drink"), "is damaged .classes: Input should be a valid array"),
        ("meta.json", set_key("splits", {}), "splits lacks train, valid, test, probes"),
        ("meta.json", lambda path: path.write_text("[]"), "is of version None, not 1"),
    ],
)
def test_damaged_data_is_refused_by_file_name(
    data: PreparedData, name: str, damage: Callable[[Path], None], message: str
) -> None:
    path = data.folder / name
    damage(path)
    with pytest.raises(UserError, match=message) as caught:
        PreparedData.open(data.folder)
    assert str(path) in str(caught.value)
    assert "dvc repro" in str(caught.value)
    assert "\n" not in str(caught.value)
