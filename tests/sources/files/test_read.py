import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.mine import complaint, good, ingest, write
from tests.sources.tables import probes_of, rows_of
from timeshare.core.artifacts import whole_directory
from timeshare.core.config.errors import UserError
from timeshare.sources.raw import write_raw
from timeshare.sources.rows import labels


def test_one_file_is_split(tmp_path: Path) -> None:
    raw = ingest(write(tmp_path / "all.jsonl", good(300)))
    rows = [row for split in ("train", "valid", "test") for row in rows_of(raw, split)]
    assert sorted((row["text"], row["label"]) for row in rows) == sorted(good(300))
    assert {split: len(rows_of(ingest(str(tmp_path / "all.jsonl")), split)) for split in raw.splits} == {
        "train": 240,
        "valid": 30,
        "test": 30,
    }
    assert raw.classes == ("neg", "pos")
    assert all(row["text"].startswith(f"word{int(row['id'].removeprefix('train-')) - 1} ") for row in rows)


def test_three_files_are_three_splits(tmp_path: Path) -> None:
    raw = ingest(
        write(tmp_path / "train.jsonl", good(40)),
        valid=write(tmp_path / "valid.jsonl", good(10, 100)),
        test=write(tmp_path / "test.jsonl", good(20, 200)),
    )
    assert [(row["text"], row["label"]) for row in rows_of(raw, "train")] == good(40)
    raw = ingest(str(tmp_path / "train.jsonl"), valid=str(tmp_path / "valid.jsonl"), test=str(tmp_path / "test.jsonl"))
    assert [row["id"] for row in rows_of(raw, "valid")] == [f"valid-{index}" for index in range(1, 11)]
    assert [(row["text"], row["label"]) for row in rows_of(raw, "test")] == good(20, 200)
    assert raw.notes["rows_given"] == {"train": 40, "valid": 10, "test": 20}


def test_formats_may_be_mixed_and_numbers_are_one_label_with_their_digits(tmp_path: Path) -> None:
    labels = [0.0, 1.0, 2.0] * 20
    pq.write_table(
        pa.table({"text": [f"w{index}" for index in range(60)], "label": labels}), tmp_path / "train.parquet"
    )
    (tmp_path / "test.csv").write_text("label,text\n1,other\n0,another\n")
    raw = ingest(
        str(tmp_path / "train.parquet"),
        valid=write(tmp_path / "valid.jsonl", [("x", 2)]),
        test=str(tmp_path / "test.csv"),
    )
    assert raw.classes == ("0", "1", "2")
    assert [row["label"] for row in rows_of(raw, "valid")] == ["2"]
    assert [row["label"] for row in rows_of(raw, "test")] == ["1", "0"]


def test_ids_are_those_of_the_column_named(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("key,text,label\n" + "".join(f"k{i},w{i} x,{i % 2}\n" for i in range(40)))
    raw = ingest(str(tmp_path / "all.csv"), id="key")
    assert {row["id"] for split in raw.splits for row in rows_of(raw, split)} == {f"k{index}" for index in range(40)}


def test_longer_texts_and_shuffles_are_probes(tmp_path: Path) -> None:
    texts = [(f"w{index} " + "x " * (index % 20), "ab"[index % 2]) for index in range(400)]
    probes = probes_of(ingest(write(tmp_path / "all.jsonl", texts)))
    assert set(probes) == {"length", "shuffle_1", "shuffle_2", "shuffle_3", "shuffle_4"}
    assert min(len(probe["text"].split()) for group in probes["length"].values() for probe in group) == 19


# What else a value may have wrong: test_values.
BAD_ROWS = [
    (("", "pos"), "text is empty; fill it in or remove the row"),
    (("fine words", None), "label is missing; fill it in or remove the row"),
    (("word " * 2001, "pos"), "text has 2001 tokens, the limit is 2000; shorten it or raise max_length"),
    ((";", "neg"), "text has no token, only marks that the tokeniser drops; fill it in or remove the row"),
]


def test_strict_all_bad_rows_are_reported_with_file_and_row(tmp_path: Path) -> None:
    rows = good(50)
    for place, (row, _) in enumerate(BAD_ROWS):
        rows.insert(10 + 2 * place, row)
    path = write(tmp_path / "all.jsonl", rows)
    assert complaint(path, rows="strict").split("\n") == [
        f"{path}:{11 + 2 * place}: {message}" for place, (_, message) in enumerate(BAD_ROWS)
    ]


def test_strict_bad_rows_of_all_files_are_reported_together(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", [*good(10), ("", "pos")])
    valid = write(tmp_path / "valid.jsonl", [*good(1, 20), *[("", "pos")] * 30])
    mend = "fill it in or remove the row"
    assert complaint(train, valid=valid, rows="strict").split("\n") == [
        f"{train}:11: text is empty; {mend}",
        f"{valid}:2: text is empty (so or alike in 30 of 31 rows); {mend}",
    ]


@pytest.mark.parametrize("rows", ["strict", "lenient"])
def test_faults_of_whole_files_are_reported_together(tmp_path: Path, rows: str) -> None:
    train, valid = tmp_path / "train.csv", tmp_path / "valid.csv"
    train.write_text("words,label\na,b\n")
    valid.write_bytes(b"PAR1")
    assert complaint(str(train), valid=str(valid), test=str(tmp_path / "test.csv"), rows=rows).split("\n") == [
        f"{train}:1: has no column 'text' (it has words, label); name the right one in params.yaml",
        f"{valid}: is Parquet; name it .parquet",
        f"{tmp_path / 'test.csv'}: no such file; correct the path in params.yaml, or `dvc pull` it",
    ]


def test_a_label_that_train_lacks(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", good(10))
    test = write(tmp_path / "test.jsonl", [("fine", "pos"), ("fine too", "Pos")])
    assert complaint(train, test=test) == f"{test}:2: no row of train has the label 'Pos'; correct it or add such rows"


def test_strict_texts_in_two_files(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", [*good(10), ("Seen  before!", "pos")])
    valid = write(tmp_path / "valid.jsonl", [("new words", "pos"), ("seen before!", "neg")])
    test = write(tmp_path / "test.jsonl", [("new words", "pos"), *good(2)])
    assert complaint(train, valid=valid, test=test, rows="strict").split("\n") == [
        f"{valid}:2: has the words of {train}:11; remove one of the two",
        f"{test}:1: has the words of {valid}:1; remove one of the two",
        f"{test}:2: has the words of {train}:1; remove one of the two",
        f"{test}:3: has the words of {train}:2; remove one of the two",
    ]
    assert complaint(train, test=train, rows="strict") == (
        f"{train}:1: has the words of {train}:1 (so or alike in all 11 rows); remove one of the two"
    )


def test_repeated_ids(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("id,text,label\n1,a,x\n2,b,y\n1,c,x\n,d,x\n2,e,y\n1,f,y\n")
    assert complaint(str(path), id="id").split("\n") == [
        f"{path}:4: has the id of row 2; give it its own",
        f"{path}:5: id is missing; fill it in or remove the row",
        f"{path}:6: has the id of row 3; give it its own",
        f"{path}:7: has the id of row 2; give it its own",
    ]


def test_a_classification_task_has_rows_and_classes(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("")
    assert complaint(str(path)) == f"{path}: has no rows; give texts and labels"
    path.write_text("text,label\n")
    assert complaint(str(path)) == f"{path}: has no rows; give texts and labels"
    path.write_text("text,label\n" + "".join(f"w{index},same\n" for index in range(50)))
    assert complaint(str(path)) == f"{path}: all rows have the label 'same'; give texts of two classes or more"
    path.write_text("text,label\n" + "".join(f"w{index},{index}\n" for index in range(1200)))
    assert complaint(str(path)) == (
        f"{path}:1002: column 'label' has more than 1000 different values; "
        "name the column of labels in datasets.mine.label"
    )
    path.write_text("text,label\na,x\nb,y\n")
    assert complaint(str(path)) == "datasets.mine: too few rows, valid would be empty; add rows or raise its share"


def test_an_empty_file_of_another_split_is_refused(tmp_path: Path) -> None:
    test = tmp_path / "test.csv"
    test.write_text("text,label\n")
    assert (
        complaint(write(tmp_path / "train.jsonl", good(50)), test=str(test))
        == f"{test}: has no rows; give texts and labels"
    )


def test_a_file_that_changes_in_between_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    path = write(tmp_path / "all.jsonl", good(50))
    raw = ingest(path)
    write(Path(path), good(60))
    message = f"^{path}: changed while it was read; run `dvc repro` again when it is finished$"
    with pytest.raises(UserError, match=message), whole_directory(tmp_path / "raw") as folder:
        write_raw(raw, folder, source="files", tokeniser="basic_english")
    assert [each.name for each in tmp_path.iterdir()] == ["all.jsonl"]


@pytest.mark.slow
def test_a_million_rows_take_bounded_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = tmp_path / "all.csv"
    with path.open("w") as file:
        file.write("text,label\n")
        for index in range(1_000_000):
            file.write(f"word{index} {'and so on ' * 6}end,{index % 3}\n")
    write_raw(ingest(str(path)), tmp_path, source="files", tokeniser="basic_english")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KiB


def test_row_limits_are_those_that_the_docs_state() -> None:
    docs = Path("docs/data.md").read_text()
    assert f"more than {labels.MOST_CLASSES}" in docs
