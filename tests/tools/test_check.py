"""`timeshare check` with a model whose every answer is known: the class of the first token."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.evaluate.tables import of_texts, prepared_data, token_classifier
from timeshare.core.config.errors import UserError
from timeshare.tools import check

MARKUP = "x <script>alert('1')</script> & \"q\" ]]>"


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model called 'known' says a for texts that begin with x, and b for those that begin with y."""
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b")])
    classifier = token_classifier(data, {"x": [2.0, 0.0], "y": [0.0, 2.0]}, "first")
    monkeypatch.setattr(check, "find_classifier", {"known": of_texts(data, classifier)}.__getitem__)


def suite(folder: Path, *cases: dict[str, Any]) -> str:
    path = folder / "suite.jsonl"
    path.write_text("".join(json.dumps({"group": str(place), **case}) + "\n" for place, case in enumerate(cases)))
    return str(path)


PASSING = {"expect": "label", "texts": ["x"], "labels": ["a"]}
FAILING = {"expect": "same", "texts": [MARKUP, "y \x00\x1b\ufffe"], "note": MARKUP}
STATES = {"expect": "states", "texts": ["x", "y"]}


def test_at_the_bar_it_passes_and_under_it_it_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = suite(tmp_path, *[PASSING] * 3, FAILING, STATES)
    assert check.main("known", path, 0.75) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith(f"FAIL {path}:4 3 (same): '{MARKUP}' is a, but ")
    # The Wilson interval of 3 of 4.
    assert printed[1] == "3 of 4 cases pass: 75.0 % (95 % interval 30.1 to 95.4); 1 more have nothing to judge"
    assert len(printed) == 2
    assert check.main("known", path, 0.76) == 1
    assert capsys.readouterr().out.splitlines()[2] == "under the bar of 76 %"


def test_json(tmp_path: Path) -> None:
    target = tmp_path / "made/outcome.json"
    check.main("known", suite(tmp_path, PASSING, FAILING, STATES), 1.0, json=str(target))
    record = json.loads(target.read_text())
    assert (record["passed"], record["judged"], record["rate"], record["reached"]) == (1, 2, 0.5, False)
    assert record["low"] < 0.5 < record["high"]
    assert [case["passed"] for case in record["cases"]] == [True, False, None]
    assert record["cases"][1]["texts"] == FAILING["texts"]


def test_junit_is_xml_whatever_the_texts_hold(tmp_path: Path) -> None:
    target = tmp_path / "junit.xml"
    check.main("known", suite(tmp_path, PASSING, FAILING, STATES), 1.0, junit=str(target))
    root = ElementTree.parse(target).getroot()
    assert root.tag == "testsuites"
    (suite_element,) = root
    counts = {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    assert root.attrib == counts
    assert {key: suite_element.attrib[key] for key in counts} == counts
    assert [(case.get("classname"), case.get("name")) for case in suite_element] == [
        ("suite.label", "0"),
        ("suite.same", "1"),
        ("suite.states", "2"),
    ]
    assert [[child.tag for child in case] for case in suite_element] == [[], ["failure"], ["skipped"]]
    message = suite_element[1][0].get("message")
    assert message is not None
    assert MARKUP in message
    assert "y \ufffd\ufffd\ufffd" in message


def test_the_page_escapes_every_text(tmp_path: Path) -> None:
    class Elements(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: list[str] = []
            self.text = ""

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.append(tag)

        def handle_data(self, data: str) -> None:
            self.text += data

    target = tmp_path / "page.html"
    check.main("known", suite(tmp_path, PASSING, FAILING, STATES), 1.0, html=str(target))
    page = Elements()
    page.feed(target.read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert page.tags.count("tr") == 1 + 3
    assert page.text.count(MARKUP) >= 3
    # It needs no other file.
    assert not {"link", "img", "iframe"} & set(page.tags)
    assert "1 of 2 cases pass" in page.text
    # What fails stands first.
    assert page.text.index("fails") < page.text.index("passes")


@pytest.mark.parametrize("bar", [-0.1, 1.1, float("nan")])
def test_a_bar_out_of_reach_is_refused(tmp_path: Path, bar: float) -> None:
    with pytest.raises(UserError, match="--min-pass"):
        check.main("known", suite(tmp_path, PASSING), bar)


def test_a_suite_with_nothing_to_judge_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has only cases of 'states'"):
        check.main("known", suite(tmp_path, STATES), 1.0)


def test_bad_lines_are_reported_and_nothing_is_written(tmp_path: Path) -> None:
    target = tmp_path / "outcome.json"
    with pytest.raises(UserError, match=r":1: 'c' is no class"):
        check.main("known", suite(tmp_path, {**PASSING, "labels": ["c"]}), 1.0, json=str(target))
    assert not target.exists()
