import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.core.config.errors import UserError
from timeshare.sources.files import formats
from timeshare.sources.files.formats import Problems, Record, read_records

COLUMNS = ["text", "label"]
ROWS = [('a film, and "more"', "pos"), ("שלום עולם", "neg"), ("🙂👩‍💻", "2"), (" spaced ", "neg")]


def write_csv(path: Path, rows: list[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "label", "text"), *(("x", label, text) for text, label in rows)])


def write_tsv(path: Path, rows: list[tuple[str, str]]) -> None:
    lines = ["label\ttext", *(f"{label}\t{text}" for text, label in rows)]
    path.write_bytes(("\n".join(lines) + "\n").encode())


def write_jsonl(path: Path, rows: list[tuple[str, str]]) -> None:
    lines = (json.dumps({"label": label, "more": [1], "text": text}) for text, label in rows)
    path.write_text("\n".join(lines), encoding="utf-8")


def write_parquet(path: Path, rows: list[tuple[str, str]]) -> None:
    columns = {"label": [label for _, label in rows], "n": [1] * len(rows), "text": [text for text, _ in rows]}
    schema = pa.schema(
        [("label", pa.dictionary(pa.int8(), pa.string())), ("n", pa.int8()), ("text", pa.large_string())]
    )
    pq.write_table(pa.table(columns, schema=schema), path)


WRITERS: dict[str, Callable[[Path, list[tuple[str, str]]], None]] = {
    "rows.csv": write_csv,
    "rows.tsv": write_tsv,
    "rows.JSONL": write_jsonl,
    "rows.ndjson": write_jsonl,
    "rows.parquet": write_parquet,
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n\t"), min_size=1, max_size=30)


def read(path: Path, columns: list[str] | None = None) -> list[Record]:
    problems = Problems()
    records = list(read_records(path, columns or COLUMNS, problems))
    problems.check()
    return records


def problems_of(path: Path) -> list[str]:
    """The lines that reading ends with."""
    with pytest.raises(UserError) as caught:
        read(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).split("\n")]


def values(path: Path) -> list[tuple[Any, ...]]:
    return [fields for _, fields in read(path)]


@pytest.mark.parametrize("name", WRITERS)
def test_each_format_gives_the_columns_asked_for_in_their_order(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, ROWS)
    assert values(tmp_path / name) == ROWS
    assert [fields for _, fields in read(tmp_path / name, ["label"])] == [(label,) for _, label in ROWS]


@pytest.mark.parametrize("name", WRITERS)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / name
    WRITERS[name](path, rows)
    assert values(path) == rows


@pytest.mark.parametrize(("name", "first"), [("rows.csv", 2), ("rows.tsv", 2), ("rows.JSONL", 1), ("rows.parquet", 1)])
def test_rows_are_numbered_by_line_or_in_parquet_by_row(tmp_path: Path, name: str, first: int) -> None:
    WRITERS[name](tmp_path / name, ROWS)
    assert [number for number, _ in read(tmp_path / name)] == [first, first + 1, first + 2, first + 3]


def test_a_text_over_several_lines_has_the_number_of_its_first(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('text,label\r\n"one\r\n\r\ntwo",a\r\n\r\nthree,b\r\n', newline="")
    assert read(path) == [(2, ("one\r\n\r\ntwo", "a")), (6, ("three", "b"))]


def test_a_byte_order_mark_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    for name, content in (
        ("rows.csv", "\ufefftext,label\n\nfine,a\n   \n"),
        ("rows.tsv", "\ufefftext\tlabel\r\n\r\nfine\ta"),
        ("rows.jsonl", '\ufeff{"text": "fine", "label": "a"}\n\n  \n'),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8", newline="")
        assert values(tmp_path / name) == [("fine", "a")]


def test_quotes_are_text_in_tsv(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text('text\tlabel\n"so\ta\nsaid "he"\tb\n')
    assert values(tmp_path / "rows.tsv") == [('"so', "a"), ('said "he"', "b")]


def test_numbers_and_nothing_come_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"text": "a", "label": 1}\n{"text": null, "label": 1.5}\n{"text": 3, "label": [1]}'
    )
    assert values(tmp_path / "rows.jsonl") == [("a", 1), (None, 1.5), (3, [1])]
    table = pa.table({"text": pa.array(["a", None]), "label": pa.array([1, None], pa.int64())})
    pq.write_table(table, tmp_path / "rows.parquet")
    assert values(tmp_path / "rows.parquet") == [("a", 1), (None, None)]


def test_parquet_is_numbered_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "PARQUET_BATCH", 3)
    pq.write_table(pa.table({"text": list("abcdefgh"), "label": list("abcdefgh")}), tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet") == [(index + 1, (each, each)) for index, each in enumerate("abcdefgh")]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"text,label\nfine,a\none,two,three\nalone\n", [
            "3: has 3 fields, the header 2; quote or remove stray separators",
            "4: has 1 fields, the header 2; quote or remove stray separators",
        ]),
        (b'text,label\n"a "quoted" word",a\nfine,a\n', [
            "2: is not well-formed (',' expected after '\"'); close each quote, and double quotes inside a text",
        ]),
        (b'text,label\nfine,a\n"open,a\nswallowed,b\n', [
            "3: is not well-formed (unexpected end of data); close each quote, and double quotes inside a text",
        ]),
        (b'text,label\nfine,a\n"open' + b",a\nswallowed" * 20_000 + b'",b\nfine,a', [
            "3: is not well-formed (field larger than field limit (131072)); "
            "close each quote, and double quotes inside a text",
        ]),
        (b"text,label\nfine,a\ncaf\xe9,a\nfine,\xff\n", [
            "3: byte 4 (0xe9) is not UTF-8; save the file as UTF-8",
            "4: byte 6 (0xff) is not UTF-8; save the file as UTF-8",
        ]),
        (b"text,label\nfine,a\n" + b"x" * 10_000_000 + b",a\nfine,a,b", [
            "3: has a line of more than 1048576 bytes; break it up or remove it",
            "4: has 3 fields, the header 2; quote or remove stray separators",
        ]),
    ],
)  # fmt: skip
def test_bad_rows_of_csv(tmp_path: Path, content: bytes, lines: list[str]) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    assert problems_of(tmp_path / "rows.csv") == lines


def test_bad_rows_of_tsv(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_bytes(b"text\tlabel\na\tb\tc\nfine\ta\nonly\n")
    assert problems_of(tmp_path / "rows.tsv") == [
        "2: has 3 fields, the header 2; quote or remove stray separators",
        "4: has 1 fields, the header 2; quote or remove stray separators",
    ]


def test_bad_rows_of_jsonl(tmp_path: Path) -> None:
    lines = [b'{"text": "fine", "label": "a"}', b"text", b'["text", "label"]', b'{"text": "x"}', b"7"]
    lines += [b'{"text": "caf\xe9", "label": "a"}', b"[" * 100_000, b'{"text": "a", "label": ' + b"1" * 5000 + b"}"]
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(lines))
    problems = problems_of(tmp_path / "rows.jsonl")
    assert problems[:5] == [
        "2: is no JSON (Expecting value: line 1 column 1 (char 0)); write one JSON object a line",
        "3: is a JSON list, not an object; write one JSON object a line",
        "4: has no 'label'; add it or remove the row",
        "5: is a JSON int, not an object; write one JSON object a line",
        "6: byte 14 (0xe9) is not UTF-8; save the file as UTF-8",
    ]
    assert problems[5].startswith("7: is no JSON (maximum recursion depth")
    assert problems[6].startswith("8: is no JSON (Exceeds the limit")
    assert len(problems) == 7


def test_bad_rows_of_parquet(tmp_path: Path) -> None:
    text = pa.array([b"fine", b"caf\xe9", b"fine"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": text, "label": ["a", "b", "c"]}), tmp_path / "rows.parquet")
    assert problems_of(tmp_path / "rows.parquet") == ["2: 'text' is not UTF-8; write it again as UTF-8"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_no_more_than_twenty_bad_rows_are_listed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("text,label\n" + "a,b,c\n" * 1000)
    assert len(problems_of(tmp_path / name)) == 20


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.csv", "id,words,label\n1,a,b", "{}:1: has no column 'text' (it has id, words, label); {}"),
        ("rows.tsv", "text,label\na,b", "{}:1: has no column 'text' (it has text,label); {}"),
        (
            "rows.csv",
            "a,b,c,d,e,f,g,h,i,j,k",
            "{}:1: has no column 'text' (it has a, b, c, d, e, f, g, h, i, j, ...); {}",
        ),
        ("rows.csv", "text,label,text\na,b,c", "{}:1: has more than one column 'text'; rename the others"),
        ("rows.parquet", "", "{}: is no sound Parquet file (Parquet file size is 0 bytes); write it again"),
        ("rows.txt", "", "{}: is of no known format; give a file that ends in .csv, .tsv, .jsonl, .ndjson, .parquet"),
    ],
)
def test_files_that_cannot_be_read_at_all(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value) == message.format(path, "name the right one in params.yaml")


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for name in ("rows.csv", "rows.jsonl", "rows.parquet"):
        path = tmp_path / name
        with pytest.raises(UserError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: no such file; correct the path in params.yaml, or `dvc pull` it"
        path.mkdir()
        with pytest.raises(UserError, match=f"^{path}: (cannot be read: .+; give access to it|is no sound Parquet)"):
            read(path)


def test_parquet_columns_missing_or_of_no_use(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"words": ["a"], "label": ["a"]}), path)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: has no column 'text' (it has words, label); name the right one in params.yaml"
    pq.write_table(pa.table({"text": ["a"], "label": [[1, 2]]}), path)
    with pytest.raises(UserError, match=f"^{path}: column 'label' is of type list<.+>; write it as text or numbers$"):
        read(path)


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_parquet(path, [(f"text {index} " * 20, "a") for index in range(500)])
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:100] + bytes(400) + whole[500:], b"text,label\n1,2\n"):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=f"^{path}: is no sound Parquet file .*; write it again$"):
            read(path)


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.jsonl", "rows.parquet"])
@given(content=st.binary(max_size=200), header=st.booleans())
def test_no_bytes_at_all_give_anything_but_rows_or_a_message(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes, header: bool
) -> None:
    path = tmp_path_factory.mktemp("noise") / name
    path.write_bytes((b"text,label\n" if header else b"") + content)
    message, records = "", []
    try:
        records = read(path)
    except UserError as error:
        message = str(error)
    assert all(len(fields) == 2 for _, fields in records)
    assert not message or all(line.startswith(f"{path}:") for line in message.split("\n"))
