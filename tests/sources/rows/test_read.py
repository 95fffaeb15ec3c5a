"""What becomes of a user's rows as they come: left out, counted and said, with the splits whole."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.mine import complaint, good, ingest, settings, write
from tests.sources.tables import rows_of, texts_of
from timeshare.sources.ingest import ingest as ingest_to
from timeshare.sources.raw import SPLITS, RawData

UNUSABLE = [
    (("", "pos"), "empty_text"),
    ((None, "neg"), "empty_text"),
    (("fine words", None), "no_label"),
    (('";" :', "pos"), "no_token"),
    (("word " * 2001, "pos"), "too_long"),
]


def labels_of(raw: RawData, split: str) -> list[str]:
    return [row["label"] for row in rows_of(raw, split)]


def listed(raw: RawData) -> list[tuple[str, int, str]]:
    assert raw.left_out is not None
    return list(raw.left_out)


def test_rows_that_cannot_be_used_are_left_out_listed_and_counted(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", [*good(50), *(row for row, _ in UNUSABLE)])
    raw = ingest(train)
    assert sum(len(rows_of(raw, split)) for split in SPLITS) == 50
    assert listed(raw) == [(train, 51 + place, reason) for place, (_, reason) in enumerate(UNUSABLE)]
    assert raw.left_out_by_reason == {"empty_text": 2, "no_token": 1, "no_label": 1, "too_long": 1}
    assert raw.remarks == (
        f"{train}: 2 rows are left out because the text is empty (the first is row 51)",
        f"{train}: 1 row is left out because the text has no token (the first is row 54)",
        f"{train}: 1 row is left out because the label is missing (the first is row 53)",
        f"{train}: 1 row is left out because the text has more than max_length tokens (the first is row 55)",
    )


def test_a_header_amid_the_rows_is_a_fault_and_no_class(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", [*good(10), ("text", "label"), ("text", "pos"), *good(10, 10)])
    assert complaint(train) == f"{train}:11: is the header again, as where files are joined; remove it"


def test_a_text_of_two_splits_stays_in_the_later(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", [*good(10), ("All  three!", "pos"), ("in two", "pos"), ("and two", "neg")])
    valid = write(tmp_path / "valid.jsonl", [("all three!", "neg"), ("in two", "pos"), ("new", "pos")])
    test = write(tmp_path / "test.jsonl", [("all three!", "pos"), ("and two", "neg"), ("newer", "neg")])
    raw = ingest(train, valid=valid, test=test)
    assert texts_of(raw, "train") == [text for text, _ in good(10)]
    assert texts_of(raw, "valid") == ["in two", "new"]
    assert texts_of(raw, "test") == ["all three!", "and two", "newer"]
    assert listed(raw) == [
        (train, 11, "in_test"),
        (train, 12, "in_valid"),
        (train, 13, "in_test"),
        (valid, 1, "in_test"),
    ]
    assert raw.notes["rows_given"] == {"train": 13, "valid": 3, "test": 3}


def test_rows_that_cannot_be_used_share_no_text(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", [*good(20), ("", "pos")])
    test = write(tmp_path / "test.jsonl", [*good(5, 50), ("", "pos")])
    raw = ingest(train, test=test, repeats="leave_out")
    assert [reason for *_, reason in listed(raw)] == ["empty_text", "empty_text"]


def test_a_label_whose_texts_all_stand_in_test_is_refused(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", [*good(10), ("shared", "rare")])
    test = write(tmp_path / "test.jsonl", [*good(2, 50), ("shared", "pos")])
    what = "all texts of train with the label 'rare' stand in valid or test too"
    assert complaint(train, test=test) == f"{train}:11: {what}; add others, or remove the label"


@pytest.mark.parametrize("repeats", ["keep", "leave_out"])
def test_repeated_texts_stay_or_go(tmp_path: Path, repeats: str) -> None:
    train = write(tmp_path / "train.jsonl", [*good(40), *good(3), ("WORD1  and more", "neg")])
    raw = ingest(train, repeats=repeats)
    count = sum(len(rows_of(raw, split)) for split in SPLITS)
    if repeats == "keep":
        assert (count, listed(raw)) == (44, [])
        assert raw.remarks[0].startswith(f"{train}: 4 rows repeat an earlier text and stay; ")
    else:
        assert (count, listed(raw)) == (40, [(train, row, "repeated") for row in (41, 42, 43, 44)])
    assert raw.notes["contradicting_texts"] == 1
    where = f"{train}:42 and {train}:44"
    assert raw.remarks[1] == f"datasets.mine: 1 text has different labels in different rows, such as {where}"


def test_left_out_rows_are_listed_on_disk_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write(tmp_path / "train.jsonl", [*good(50), ("", "pos")])
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        ingest_to("mine", settings(train), tmp_path / folder)
    with (tmp_path / "one/left_out.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["file", "row", "reason"], [train, "51", "empty_text"]]
    schema = json.loads((tmp_path / "one/schema.json").read_text())
    assert schema["left_out"] == {"empty_text": 1}
    assert capsys.readouterr().err == f"{schema['remarks'][0]}\n" * 2
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


LOOK_ALIKE = "look alike and are 2 classes; write them alike where they are one"
NFD, NFC = "cafe\u0301", "caf\u00e9"


@pytest.mark.parametrize(
    ("written", "classes", "remark"),
    [
        (("1.0", "0.0", "1", "0"), ("0", "1"), "'1.0', '1' are taken for one, '1'"),
        ((1, 0, "1.0", False), ("0", "1", "false"), "'1', '1.0' are taken for one, '1'"),
        (("True", "FALSE", True, False), ("false", "true"), "'True', 'true' are taken for one, 'true'"),
        ((NFD, "tea", NFC, "tea"), (NFC, "tea"), f"'{NFD}', '{NFC}' are taken for one, '{NFC}'"),
        (("pos", "neg", " pos"), ("neg", "pos"), "'pos', ' pos' are taken for one, 'pos'"),
        (("1e3", "0.50", 1000, 0.5), ("0.5", "1000"), "'1e3', '1000' are taken for one, '1000'"),
        (("Pos", "neg", "pos"), ("Pos", "neg", "pos"), f"'Pos', 'pos' {LOOK_ALIKE}"),
        (("a b", "neg", "a  b"), ("a  b", "a b", "neg"), f"'a  b', 'a b' {LOOK_ALIKE}"),
        # As all rows write them, and codes that are no numbers.
        (("1.0", "0.0"), ("0.0", "1.0"), None),
        (("True", "False"), ("False", "True"), None),
        (("007", "7"), ("007", "7"), None),
        ((1.0, 0.0, 1, 0), ("0", "1"), None),
    ],
)
def test_labels_are_compared_as_what_they_are(
    tmp_path: Path, written: tuple[Any, ...], classes: tuple[str, ...], remark: str | None
) -> None:
    raw = ingest(write(tmp_path / "all.jsonl", [(f"w{row} x", written[row % len(written)]) for row in range(120)]))
    assert raw.classes == classes
    assert {row["label"] for split in SPLITS for row in rows_of(raw, split)} == set(classes)
    assert raw.remarks[:1] == (() if remark is None else (f"datasets.mine: the labels {remark}",))


def test_labels_are_compared_across_files_and_formats(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\n" + "".join(f"w{row} x,{row % 2}.0\n" for row in range(60)))
    table = pa.table({"text": ["a b", "b c"], "label": pa.array([1, 0])})
    pq.write_table(table, tmp_path / "test.parquet")
    raw = ingest(str(tmp_path / "train.csv"), test=str(tmp_path / "test.parquet"))
    assert (raw.classes, labels_of(raw, "test")) == (("0", "1"), ["1", "0"])


def test_hundreds_of_classes_of_three_are_spread(tmp_path: Path) -> None:
    raw = ingest(write(tmp_path / "all.jsonl", [(f"w{row} x", f"c{row % 300}") for row in range(900)]))
    sizes = {split: Counter(labels_of(raw, split)) for split in SPLITS}
    assert {split: sum(found.values()) for split, found in sizes.items()} == {"train": 720, "valid": 90, "test": 90}
    assert len(sizes["train"]) == 300
    assert set(sizes["valid"].values()) == set(sizes["test"].values()) == {1}
    assert not set(sizes["valid"]) & set(sizes["test"])
    assert [remark.partition(": '")[0] for remark in raw.remarks] == [
        f"datasets.mine: {split} has no text of 210 of 300 classes" for split in ("valid", "test")
    ]


def test_small_classes_of_unequal_size_are_spread(tmp_path: Path) -> None:
    rows = [(f"w{size} {row}", f"c{size}") for size in range(1, 11) for row in range(size)]
    raw = ingest(write(tmp_path / "all.jsonl", [*rows, *((f"x{row}", "large") for row in range(45))]))
    sizes = {split: Counter(labels_of(raw, split)) for split in SPLITS}
    assert {split: sum(found.values()) for split, found in sizes.items()} == {"train": 80, "valid": 10, "test": 10}
    assert len(sizes["train"]) == 11
    assert sizes["valid"]["large"] in (4, 5)
    assert len(set(sizes["valid"]) | set(sizes["test"])) == 9  # neither c1 nor c2
    assert raw.remarks[0] == "datasets.mine: 1 class has a single text to train on, which stays in train: 'c1'"


def test_a_class_of_long_texts_alone_raises_the_bound(tmp_path: Path) -> None:
    rows = [*good(95), *((f"w{row} " + "x " * (20 + row), "long") for row in range(3))]
    raw = ingest(write(tmp_path / "all.jsonl", rows))
    assert raw.notes["longest_trained"] == 21
    assert "long" in labels_of(raw, "train")
    assert raw.remarks[0] == (
        "datasets.mine: texts of up to 21 tokens are trained on, not of up to 3 as length_quantile 0.9 would have it: "
        "a class has no shorter text"
    )


def test_lists_of_tokens_are_taken_as_they_are(tmp_path: Path) -> None:
    rows = [([f"W{row}", "can't", ";", ""], "ab"[row % 2]) for row in range(40)]
    raw = ingest(write(tmp_path / "all.jsonl", rows))
    assert raw.tokeniser == "whitespace"
    assert "W1 can't ; " in {text for split in SPLITS for text in texts_of(raw, split)}
    path = write(tmp_path / "mixed.jsonl", [*rows, ("a text", "a")])
    assert complaint(path) == f"'{path}': 40 of 41 texts are lists of tokens; write all texts alike"


def test_texts_without_spaces_are_told(tmp_path: Path) -> None:
    chinese = [("这部电影非常好看我很喜欢它" + chr(0x4E00 + row), "ab"[row % 2]) for row in range(60)]
    told = (
        "datasets.mine: most texts have no spaces between words, so that a token is a sentence; "
        "`tokeniser: characters` would cut them into characters"
    )
    assert ingest(write(tmp_path / "all.jsonl", chinese)).remarks == (told,)
    cut = [(" ".join(text), label) for text, label in chinese]
    assert ingest(write(tmp_path / "cut.jsonl", cut)).remarks == ()


@pytest.mark.parametrize("rows", ["strict", "lenient"])
def test_a_column_of_the_wrong_kind_has_one_line(tmp_path: Path, rows: str) -> None:
    path = write(tmp_path / "all.jsonl", [(row, "ab"[row % 2]) for row in range(60)])
    mend = "name the column of texts, or write them as text"
    assert complaint(path, rows=rows) == f"{path}:1: text is a number (so or alike in all 60 rows); {mend}"


def test_numbers_that_are_no_classes_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", [(f"w{row} x", row * 0.5) for row in range(200)])
    what = "datasets.mine: 200 classes in 200 rows leave no text for valid"
    assert complaint(path) == f"{what}; add rows, or name the column of classes"
    raw = ingest(write(tmp_path / "all.jsonl", [(f"w{row} x", row // 1.5) for row in range(200)]))
    assert raw.remarks[0] == (
        "datasets.mine: column 'label' has 133 values in 200 rows; if it is not that of the classes, name the right "
        "one in datasets.mine.label"
    )


def test_a_file_of_nothing_that_can_be_used_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", [("", "a")] * 30)
    assert complaint(path) == f"{path}: has 30 rows, all of them left out; give texts and labels"


def test_a_published_set_with_empty_texts_and_test_rows_in_train_goes_through(tmp_path: Path) -> None:
    """As SST-2, CR and MPQA are: nobody may edit a test set."""
    train = write(tmp_path / "train.jsonl", [*good(3000), ("", "pos"), *good(2, 5000)])
    test = write(tmp_path / "test.jsonl", [*good(400, 5000), ("", "neg")])
    raw = ingest(train, test=test)
    assert len(rows_of(raw, "test")) == 400
    assert raw.left_out_by_reason == {"empty_text": 2, "in_test": 2}
    assert not set(texts_of(raw, "train")) & set(texts_of(raw, "test"))
