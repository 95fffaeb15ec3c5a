"""Suites as files: what is read, and what is refused with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from timeshare.core.config.errors import UserError
from timeshare.evaluate.suites import load_suite
from timeshare.sources.sentences import grammar

SEEDS = Path(__file__).parents[2] / "data/suites/seeds.jsonl"


class Model:
    """What reading a suite asks of a model."""

    classes = ("neg", "pos")
    tokeniser = "basic_english"


def written(folder: Path, *lines: str | bytes | dict[str, Any]) -> Path:
    path = folder / "suite.jsonl"
    encoded = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in encoded) + b"\n")
    return path


def case(**changes: Any) -> dict[str, Any]:
    """A good case, with some keys changed; None takes one out."""
    content = {"group": "g", "expect": "same", "texts": ["good film", "film good"], **changes}
    return {key: value for key, value in content.items() if value is not None}


def test_cases_are_read_with_their_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        b"\xef\xbb\xbf" + json.dumps(case()).encode(),
        "",
        "   ",
        case(group="up", expect="increase", label="pos", tolerance=0.1, note="why"),
        case(group="one", expect="label", texts=["good"], labels=["pos"]) | {"note": "ünï → 🎬"},
    )
    suite = load_suite(path, Model())
    assert suite.path == path
    assert list(suite.cases) == [1, 4, 5]
    assert suite.cases[1].tolerance == 0.0
    assert (suite.cases[4].label, suite.cases[4].tolerance, suite.cases[4].note) == ("pos", 0.1, "why")
    assert suite.cases[5].labels == ("pos",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "is no JSON (EOF while parsing an object at character 1); write one JSON object a line"),
        ("[1]", "is no JSON object: [1]; write one JSON object a line"),
        ('"text"', "is no JSON object: 'text'; write one JSON object a line"),
        (b'{"group": "\xff"}', "is no JSON (invalid unicode code point at character "),
        (case(texts=None), "texts: this key is missing; add it"),
        (case(expect="equal"), "expect: is 'equal'; give 'same', 'different', "),
        (case(text="good"), "text: unknown key; remove it or correct its spelling"),
        (case(texts="good"), "texts: is 'good'; give a list"),
        (case(texts=["good", 1]), "texts.1: is 1; give text"),
        (case(texts=["good", ""]), "texts.1: is ''; give some text"),
        (case(texts=[]), "texts: is []; give 1 item or more"),
        (case(group=""), "group: is ''; give some text"),
        (case(texts=["good"]), "'same' compares texts; give two or more"),
        (case(labels=["pos"]), "2 texts have 1 labels; give one for each text"),
        (case(labels=["pos", "happy"]), "'happy' is no class of the model; it has neg, pos"),
        (case(expect="label"), "'label' needs labels; give one for each text"),
        (case(expect="increase"), "the key 'label' goes with 'increase' and 'decrease'"),
        (case(label="pos"), "the key 'label' goes with 'increase' and 'decrease'"),
        (case(expect="decrease", label="sad"), "'sad' is no class of the model"),
        (case(expect="different", tolerance=0.1), "'different' has no use for a tolerance; remove it"),
        (case(expect="states", labels=["pos", "pos"]), "'states' has no use for labels; remove them"),
        (case(tolerance=1.5), "tolerance: is 1.5; give 1 or less"),
        (case(tolerance=-0.1), "tolerance: is -0.1; give 0 or more"),
        (case(tolerance="0.1"), "tolerance: is '0.1'; give a number"),
        (
            '{"group": "g", "expect": "same", "texts": ["a", "b"], "tolerance": NaN}',
            "tolerance: is nan; give a finite number",
        ),
        (case(texts=["good", '";"']), "text 2 has no token; give it a word"),
    ],
)
def test_a_bad_line_is_refused_with_file_and_line(
    tmp_path: Path, line: str | bytes | dict[str, Any], message: str
) -> None:
    path = written(tmp_path, case(group="fine"), line)
    with pytest.raises(UserError) as error:
        load_suite(path, Model())
    assert str(error.value).startswith(f"{path}:2: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_group_stands_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r":3: the group 'g' is that of line 1 too; rename one"):
        load_suite(written(tmp_path, case(), case(group="h"), case()), Model())


def test_all_bad_lines_are_reported_up_to_20(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        load_suite(written(tmp_path, *[case(group=str(index), expect="?") for index in range(25)]), Model())
    lines = str(error.value).splitlines()
    assert len(lines) == 21
    assert [line.split(":")[1] for line in lines[:20]] == [str(number) for number in range(1, 21)]
    assert lines[20].endswith("and 5 bad lines more")


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_suite_without_a_case_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "suite.jsonl"
    path.write_text(content)
    with pytest.raises(UserError, match="holds no case"):
        load_suite(path, Model())


def test_a_missing_suite_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; correct"):
        load_suite(tmp_path / "none.jsonl", Model())
    with pytest.raises(UserError, match="cannot be read"):
        load_suite(tmp_path, Model())


def test_the_seeds_fit_a_model_of_the_sentences() -> None:
    class Sentences(Model):
        classes = grammar.KINDS

    suite = load_suite(SEEDS, Sentences())
    expectations = {case.expect for case in suite.cases.values()}
    assert {"same", "different", "states"} <= expectations
