"""What `timeshare look` says of files, and that it is right."""

import json
from pathlib import Path

import pytest

from tests.tiny import PARAMS_TEXT
from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.sources.ingest import ingest
from timeshare.tools.look import main


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/files").mkdir(parents=True)
    Path("params.yaml").write_text(PARAMS_TEXT, encoding="utf-8")


def write(name: str, *rows: str) -> str:
    path = Path("data/files") / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def reviews(count: int = 40) -> list[str]:
    return ["stars;review", *(f'{n % 2 + 1};"It is, well, number {n}."' for n in range(count))]


def test_the_entry_that_is_added_reads_the_files_as_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    train = write("mine_train.csv", *reviews(), "2;", "1;It is, well, number 7.")
    test = write("mine_test.csv", "stars;review", "1;It is, well, number 3.", "2;Something else.")
    main([test, train], add="mine")
    shown = capsys.readouterr()
    assert "data/files/mine_train.csv: 42 rows looked at\n" in shown.out
    for line in ("review text 98% 40 23 It is, well, number 0.", "1 21 1 51.2%", "2 20 1 48.8%"):
        assert line in [" ".join(each.split()) for each in shown.out.splitlines()]
    assert "tokens of a text: 3 to 8, half have up to 8, 95 % up to 8\n" in shown.out
    assert "texts that an earlier row has too: 2\n" in shown.out
    assert "letters: Latin 100%\n" in shown.out
    assert f"- {train}: 1 row is left out because the text is empty (the first is row 42)\n" in shown.out
    assert f"- {train}: 1 row is left out because the text stands in test too (the first is row 5)\n" in shown.out
    assert f"{train}: its columns are separated by semicolons\n" in shown.err
    params = load_params()
    assert params.run.datasets == ("mine",)
    Path("raw").mkdir()
    ingest("mine", params.dataset("mine"), Path("raw"))
    schema = json.loads(Path("raw/schema.json").read_text())
    assert schema["classes"] == ["1", "2"]
    assert schema["left_out"] == {"empty_text": 1, "in_test": 1}


@pytest.mark.parametrize(
    ("text", "tokeniser"),
    [
        ("我在星期一喝了很多的巧克力牛奶{}", "characters"),
        ("it 's , well , number {} .", "whitespace"),
        ("It's, well, {}.", None),
    ],
)
def test_the_tokeniser_is_proposed(text: str, tokeniser: str | None) -> None:
    main([write("mine.tsv", "text\tlabel", *(f"{text.format(n)}\t{n % 2}" for n in range(30)))], add="mine")
    entry = load_params().dataset("mine").model_dump(exclude_unset=True)
    assert entry.get("tokeniser") == tokeniser


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_columns_of_every_format_are_found(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    records = [{"data": {"text": f"Text {n}.", "raw": {"n": n}}, "kind": "ab"[n % 2]} for n in range(30)]
    path = f"data/files/mine.{ending}"
    match ending:
        case "parquet":
            pq.write_table(pa.Table.from_pylist(records), path)
        case "json":
            Path(path).write_text(json.dumps(records))
        case _:
            write("mine.jsonl", *map(json.dumps, records))
    main([path], add="mine")
    entry = load_params().dataset("mine").model_dump(exclude_unset=True)
    assert (entry["text"], entry["label"]) == ("data.text", "kind")
    assert "data.raw.n" in capsys.readouterr().out


def test_what_a_file_holds_is_neither_markup_nor_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ['text,label,"[red]x\x1b[2J"', *(f"[bold]hi[/] {n},[blink]{n % 2},\x1b[31mred" for n in range(20))]
    main([write("mine.csv", *rows)])
    shown = capsys.readouterr().out
    assert "[red]x\\x1b[2J" in shown
    assert "[bold]hi[/] 0" in shown
    assert "[blink]1" in shown
    assert "\x1b" not in shown


def test_of_a_large_file_the_first_rows_are_looked_at_and_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("mine.csv", *reviews(60))
    main([path], rows=50)
    assert f"of {path} the first 50 rows were looked at; `--rows 0` looks at all\n" in capsys.readouterr().out
    main([path], rows=0)
    shown = capsys.readouterr().out
    assert "60 rows looked at" in shown
    assert "--rows 0" not in shown


def test_faults_that_would_stop_ingest_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("mine.csv", "text,label", *(f"text {n},{n % 2}" for n in range(20)), "a,b,c")
    main([path])
    shown = capsys.readouterr().out
    assert f"It cannot be a dataset yet:\n- {path}:22: has 3 fields, the header 2; " in shown


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        (["data/files/none.csv"], {}, "data/files/none.csv: no such file; "),
        (["data/files/a.txt"], {}, "data/files/a.txt: is of no known format; give a file that ends in .csv, .tsv, "),
        (["data/files/mine.csv"], {"rows": -1}, "--rows -1: give 0 or more"),
        (
            ["data/files/mine.csv"],
            {"text": "nope"},
            "data/files/mine.csv:1: has no column 'nope' (it has stars, review)",
        ),
        (
            ["data/files/mine.csv"],
            {"label": "review"},
            "data/files/mine.csv: no column looks like a text; name it with",
        ),
        (
            ["data/files/mine.csv"],
            {"text": "stars", "label": "stars"},
            "text, label and id must name different columns",
        ),
        (["data/files/mine.csv"], {"tokeniser": "word"}, "--tokeniser: is 'word'; give basic_english, whitespace, "),
        (
            ["data/files/mine.csv"],
            {"add": "a b"},
            "--add a b: give a name of up to 64 letters, digits and _, the first",
        ),
        (
            ["a_test.csv", "b-test.csv"],
            {},
            "a_test.csv, b-test.csv: are both test by their names; give one file for each",
        ),
        (["a_test.csv", "b_dev.csv"], {}, "a_test.csv, b_dev.csv: none is train by its name; give that file too"),
    ],
    ids=str,
)
def test_what_is_wrong_is_one_line(files: list[str], options: dict[str, object], message: str) -> None:
    write("mine.csv", *(reviews() if options != {"label": "review"} else ["review", "a", "b", "a", "b"]))
    with pytest.raises(UserError) as caught:
        main(files, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
