import csv
import datetime
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.core.config.errors import UserError
from timeshare.sources.files import json_rows, parquet_rows
from timeshare.sources.files.formats import read_records
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.scan import Record

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


def write_json(path: Path, rows: list[tuple[str, str]]) -> None:
    """As pandas does with orient='records'."""
    path.write_text(json.dumps([{"text": text, "label": label} for text, label in rows]), encoding="utf-8")


def write_quoted_tsv(path: Path, rows: list[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL).writerows(
            [("label", "text"), *((b, a) for a, b in rows)]
        )


def write_semicolons(path: Path, rows: list[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("text", "label"), *rows])


WRITERS: dict[str, Callable[[Path, list[tuple[str, str]]], None]] = {
    "rows.csv": write_csv,
    "rows.tsv": write_tsv,
    "rows.JSONL": write_jsonl,
    "rows.ndjson": write_jsonl,
    "rows.parquet": write_parquet,
    "array.json": write_json,
    "lines.json": write_jsonl,
    "quoted.tsv": write_quoted_tsv,
    "semicolons.csv": write_semicolons,
}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n\t\ufeff"), min_size=1, max_size=30)


def read(path: Path, columns: list[str] | None = None) -> list[Record]:
    findings = Findings()
    records = list(read_records(path, columns or COLUMNS, findings))
    findings.check()
    return records


ONE_OBJECT = "write one JSON object a line, or one array of objects"


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


QUOTED_TABS = 'text\tlabel\n"a\ttab"\ta\n"two\nlines, ""so"""\tb\nplain\tc\n'


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (QUOTED_TABS, [("a\ttab", "a"), ('two\nlines, "so"', "b"), ("plain", "c")]),
        ('text\tlabel\n"so\ta\nit is\tb\nand on"\tc\n', [('"so', "a"), ("it is", "b"), ('and on"', "c")]),
        ('text\tlabel\n"all"\ta\n"of ""them"""\tb\n', [("all", "a"), ('of "them"', "b")]),
    ],
)
def test_the_file_tells_whether_the_quotes_of_a_tsv_are_text(
    tmp_path: Path, content: str, rows: list[tuple[str, str]]
) -> None:
    (tmp_path / "rows.tsv").write_text(content, newline="")
    assert values(tmp_path / "rows.tsv") == rows


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "commas")])
@pytest.mark.parametrize("file", ["rows.csv", "rows.tsv"])
def test_the_header_tells_the_separator(tmp_path: Path, file: str, separator: str, name: str) -> None:
    path = tmp_path / file
    # As Excel writes it in half of Europe: decimal commas inside.
    path.write_text(
        f"\n text{separator}label{separator}more, or less\n1,5 and; so{separator}a{separator}x\n".replace("; so", " so")
    )
    if separator == ",":
        path.write_text("text,label,more\n1.5;2|3,a,x\n")
    findings = Findings()
    (row,) = read_records(path, COLUMNS, findings)
    assert row[1] == ("1,5 and so" if separator != "," else "1.5;2|3", "a")
    own = {"rows.csv": ",", "rows.tsv": "\t"}[file]
    assert findings.said == ([] if separator == own else [f"{path}: its columns are separated by {name}"])


def test_a_separator_that_is_named_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text;label,text|label\na,b;c,d|e\n")
    (row,) = read_records(path, ["text", "label,text|label"], Findings(), ";")
    assert row == (2, ("a,b", "c,d|e"))


def test_nested_keys_are_named_with_dots(tmp_path: Path) -> None:
    records = [{"data": {"text": "a", "n": {"label": 1}}}, {"data": {"text": "b"}}, {"data": 3, "data.text": "c"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, records)))
    columns = ["data.text", "data.n.label"]
    assert [fields for _, fields in read(tmp_path / "rows.jsonl", columns)] == [("a", 1), ("b", None), ("c", None)]
    pq.write_table(pa.Table.from_pylist(records[:2]), tmp_path / "rows.parquet")
    assert [fields for _, fields in read(tmp_path / "rows.parquet", columns)] == [("a", 1), ("b", None)]


def test_an_array_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "MOST_LINE_BYTES", 100)
    rows = [(f"text {index} é🙂 " + "x" * (index % 40), str(index)) for index in range(60)]
    write_json(tmp_path / "rows.json", rows)
    assert values(tmp_path / "rows.json") == rows
    (tmp_path / "rows.json").write_text(json.dumps([{"text": "x" * 1000, "label": "a"}]))
    assert problems_of(tmp_path / "rows.json")[0].startswith("1: is no JSON (Unterminated string")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('[{"text": "a", "label": 1}, [1]]', "2: is a JSON list, not an object"),
        ('[{"text": "a", "label": 1} {"text"', "2: is no JSON (expecting ',')"),
        ('[{"text": "a", "label": 1}] []', "2: is no JSON (text after the end of the array)"),
        ('[{"text": "a", "label": 1},', "2: is no JSON (Expecting value: line 1 column 28 (char 27))"),
    ],
)
def test_bad_arrays(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "rows.json").write_text(content)
    assert problems_of(tmp_path / "rows.json") == [f"{problem}; {ONE_OBJECT}"]


def write_excel(path: Path, rows: list[list[Any]], sheets: int = 1) -> None:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for _ in range(1, sheets):
        workbook.create_sheet()
    workbook.save(path)


def test_excel(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    day = datetime.datetime(2024, 5, 1)
    write_excel(path, [[], ["n", "text ", "label"], [1, "a\nb", 1.0], [], [2, 1984, True], [3, None, day]], sheets=2)
    findings = Findings()
    assert list(read_records(path, COLUMNS, findings)) == [
        (3, ("a\nb", "1")),
        (5, ("1984", "true")),
        (6, ("", "2024-05-01")),
    ]
    assert findings.said == [f"{path}: of its 2 sheets the first is read"]
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=f"^{path}: is no sound Excel workbook .*; save it again$"):
        read(path)


def test_excel_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "rows.xlsx").touch()
    with pytest.raises(UserError, match=r"openpyxl, which is not installed; `pip install openpyxl` in .*, or save"):
        read(tmp_path / "rows.xlsx")


def test_lists_dates_and_decimals_of_parquet(tmp_path: Path) -> None:
    day, number = datetime.date(2024, 5, 1), Decimal("1.50")
    table = pa.table({"text": [["a", "b c"], None], "label": pa.array([0.1, None], pa.float32()), "day": [day] * 2})
    pq.write_table(table.append_column("n", pa.array([number] * 2)), tmp_path / "rows.parquet")
    columns = ["text", "label", "day", "n"]
    assert [fields for _, fields in read(tmp_path / "rows.parquet", columns)] == [
        (["a", "b c"], 0.1, day, number),
        (None, None, day, number),
    ]


def test_numbers_and_nothing_come_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"text": "a", "label": 1}\n{"text": null, "label": 1.5}\n{"text": 3, "label": [1]}'
    )
    assert values(tmp_path / "rows.jsonl") == [("a", 1), (None, 1.5), (3, [1])]
    table = pa.table({"text": pa.array(["a", None]), "label": pa.array([1, None], pa.int64())})
    pq.write_table(table, tmp_path / "rows.parquet")
    assert values(tmp_path / "rows.parquet") == [("a", 1), (None, None)]


def test_parquet_is_numbered_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "PARQUET_BATCH", 3)
    pq.write_table(pa.table({"text": list("abcdefgh"), "label": list("abcdefgh")}), tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet") == [(index + 1, (each, each)) for index, each in enumerate("abcdefgh")]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"text,label\nfine,a\none,two,three\nalone\n", [
            "3: has 3 fields, the header 2; quote or remove stray separators, or name the separator",
            "4: has 1 fields, the header 2; quote or remove stray separators, or name the separator",
        ]),
        (b'text,label\n"a "quoted" word",a\nfine,a\n', [
            "2: is not well-formed (',' expected after '\"'); close each quote, and double quotes inside a text",
        ]),
        (b'text,label\nfine,a\n"open,a\nswallowed,b\n', [
            "3: is not well-formed (unexpected end of data); close each quote, and double quotes inside a text",
        ]),
        (b'text,label\nfine,a\n"open' + b",a\nswallowed" * 100_000 + b'",b\nfine,a', [
            "3: is not well-formed (field larger than field limit (1048576)); "
            "close each quote, and double quotes inside a text",
        ]),
        (b"te\xe9xt,label\nfine,a\n", ["1: byte 3 (0xe9) is not UTF-8; save the file as UTF-8"]),
        (b"text,label,caf\xe9\nfine,a,1\nb\n", ["1: byte 15 (0xe9) is not UTF-8; save the file as UTF-8"]),
        (b"text,label\rfine,a\rbad,b\r", [
            "1: its lines end in CR alone (byte 11, 0x0d); save the file with line ends of LF or CR LF",
        ]),
        (b'text,label\n"in\rquotes",a\nout\rof,b\nfine,a\n', [
            "3: has a CR (0x0d) outside quotes; "
            "end lines by LF or CR LF, and put quotes around a text that holds CR",
        ]),
        (b"text,label\nfine,a\nbad,b\xef\xbb\xbftext,label\nfine,a\n", [
            "3: has 3 fields, the header 2: another file's header stands at its end; "
            "join files with a line end between",
        ]),
        (b"text,label\nfine,a\ncaf\xe9,a\nfine,\xff\n", [
            "3: byte 4 (0xe9) is not UTF-8; save the file as UTF-8",
            "4: byte 6 (0xff) is not UTF-8; save the file as UTF-8",
        ]),
        (b"text,label\nfine,a\n" + b"x" * 10_000_000 + b",a\nfine,a,b", [
            "3: has a line of more than 1048576 bytes; break it up or remove it",
            "4: has 3 fields, the header 2; quote or remove stray separators, or name the separator",
        ]),
    ],
)  # fmt: skip
def test_bad_rows_of_csv(tmp_path: Path, content: bytes, lines: list[str]) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    assert problems_of(tmp_path / "rows.csv") == lines


@pytest.mark.parametrize("lines", [1, 15_000], ids=["of one line", "of many lines"])
def test_a_field_may_be_as_long_as_a_line(tmp_path: Path, lines: int) -> None:
    text = "\n".join(["a word or two"[: 150_000 // lines]] * lines) + "." * 150_000
    (tmp_path / "rows.csv").write_text(f'text,label\n"{text}",a\nfine,b\n', newline="")
    assert values(tmp_path / "rows.csv") == [(text, "a"), ("fine", "b")]


@pytest.mark.parametrize(
    ("name", "head", "rows"),
    [("rows.csv", "text,label\n", "fine,{}\n"), ("rows.jsonl", "", '{{"text": "fine", "label": "{}"}}\n')],
    ids=["csv", "jsonl"],
)
def test_byte_order_marks_amid_joined_files_are_passed_over_and_noted_once(
    tmp_path: Path, name: str, head: str, rows: str
) -> None:
    path = tmp_path / name
    path.write_text("\ufeff" + head + "\ufeff".join(rows.format(label) for label in "abc"), encoding="utf-8")
    findings = Findings()
    records = list(read_records(path, COLUMNS, findings))
    assert [fields for _, fields in records] == [("fine", "a"), ("fine", "b"), ("fine", "c")]
    second = records[1][0]
    assert findings.said == [f"{path}:{second}: the byte order mark here, as where files are joined, is passed over"]


def test_bad_rows_of_tsv(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_bytes(b"text\tlabel\na\tb\tc\nfine\ta\nonly\n")
    assert problems_of(tmp_path / "rows.tsv") == [
        "2: has 3 fields, the header 2; quote or remove stray separators, or name the separator",
        "4: has 1 fields, the header 2; quote or remove stray separators, or name the separator",
    ]


def test_bad_rows_of_jsonl(tmp_path: Path) -> None:
    lines = [b'{"text": "fine", "label": "a"}', b"text", b'["text", "label"]', b'{"text": "x"}', b"7"]
    lines += [b'{"text": "caf\xe9", "label": "a"}', b"[" * 100_000, b'{"text": "a", "label": ' + b"1" * 5000 + b"}"]
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(lines))
    problems = problems_of(tmp_path / "rows.jsonl")
    assert problems[:4] == [
        f"2: is no JSON (Expecting value: line 1 column 1 (char 0)); {ONE_OBJECT}",
        f"3: is a JSON list, not an object; {ONE_OBJECT}",
        f"5: is a JSON int, not an object; {ONE_OBJECT}",
        "6: byte 14 (0xe9) is not UTF-8; save the file as UTF-8",
    ]
    assert problems[4].startswith("7: is no JSON (maximum recursion depth")
    assert problems[5].startswith("8: is no JSON (Exceeds the limit")
    assert len(problems) == 6


def test_bad_rows_of_parquet(tmp_path: Path) -> None:
    text = pa.array([b"fine", b"caf\xe9", b"fine"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": text, "label": ["a", "b", "c"]}), tmp_path / "rows.parquet")
    assert problems_of(tmp_path / "rows.parquet") == ["2: 'text' is not UTF-8; write it again as UTF-8"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "rows.csv",
            "2: has 3 fields, the header 2 (so or alike in all 1000 rows); "
            "quote or remove stray separators, or name the separator",
        ),
        (
            "rows.jsonl",
            f"1: is no JSON (Expecting value: line 1 column 1 (char 0)) (so or alike in all 1001 rows); {ONE_OBJECT}",
        ),
    ],
)
def test_a_fault_of_many_rows_has_one_line(tmp_path: Path, name: str, line: str) -> None:
    (tmp_path / name).write_text("text,label\n" + "a,b,c\n" * 1000)
    assert problems_of(tmp_path / name) == [line]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.csv", "id,words,label\n1,a,b", "{}:1: has no column 'text' (it has id, words, label); {}"),
        ("rows.tsv", "words,label\na,b", "{}:1: has no column 'text' (it has words, label); {}"),
        ("rows.csv", "no columns at all\na b", "{}:1: has no column 'text' (it has no columns at all); {}"),
        ("rows.jsonl", '{"data": {"words": 1}, "label": 1}', "{}: has no column 'text' (it has data, label); {}"),
        (
            "rows.csv",
            "a,b,c,d,e,f,g,h,i,j,k",
            "{}:1: has no column 'text' (it has a, b, c, d, e, f, g, h, i, j, ...); {}",
        ),
        ("rows.csv", "text,label,text\na,b,c", "{}:1: has more than one column 'text'; rename the others"),
        ("rows.parquet", "", "{}: is no sound Parquet file (Parquet file size is 0 bytes); write it again"),
        (
            "rows.txt",
            "",
            "{}: is of no known format; give a file that ends in .csv, .tsv, .json, .jsonl, .ndjson, .parquet, .xlsx",
        ),
        ("rows.csv", "PAR1 and so on", "{}: is Parquet; name it .parquet"),
        (
            "rows.jsonl",
            "PK\3\4",
            "{}: is an archive, as Excel's workbooks are; name it .xlsx if it is one, or unpack it",
        ),
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


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.json", "rows.jsonl", "rows.parquet", "rows.xlsx"])
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
