"""`timeshare predict` with a model whose every answer is known: the class of the first token."""

import io
import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.evaluate.tables import classifier_for, of_texts, prepared_data, token_classifier
from timeshare.core.config.errors import UserError
from timeshare.models.settings import RecurrentSettings
from timeshare.tools import predict

# More than are labelled at once, and of lengths that are sorted for it.
TEXTS = [f"{'xy'[number % 2]} {'z ' * (number % 5)}{number}" for number in range(2500)]
LABELS = ["ab"[number % 2] for number in range(2500)]
FIND = predict.find_classifier  # which most tests replace


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model called 'known' says a for texts that begin with x, and b for those that begin with y; the one called
    'strict' refuses texts of more than 3 tokens."""
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b")])
    classifier = token_classifier(data, {"x": [2.0, 0.0], "y": [0.0, 2.0]}, "first")
    settings = RecurrentSettings(encoder="rnn", sharing="unshared", beyond="error", embedding_size=2, hidden_size=2)
    known = {"known": classifier, "strict": classifier_for(data, settings, extent=3)}
    monkeypatch.setattr(predict, "find_classifier", lambda name: of_texts(data, known[name]))


def answers(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """(text, label) of each line that was printed."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        assert sum(line["probabilities"].values()) == pytest.approx(1)
        assert line["probabilities"][line["label"]] == pytest.approx(1 / (1 + math.exp(-2)))
    return [(line["text"], line["label"]) for line in lines]


def test_texts_of_the_command_line_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    predict.main("known", TEXTS, None, "jsonl")
    assert answers(capsys) == list(zip(TEXTS, LABELS, strict=True))


def test_texts_of_a_file_in_their_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "texts"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(TEXTS).encode())
    predict.main("known", [], str(path), "jsonl")
    assert answers(capsys) == list(zip(TEXTS, LABELS, strict=True))


@pytest.mark.parametrize("name", [None, "-"])
def test_texts_of_a_pipe_in_their_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str | None
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(["x é", *TEXTS]).encode()), "latin-1"))
    predict.main("known", [], name, "jsonl")
    assert answers(capsys) == [("x é", "a"), *zip(TEXTS, LABELS, strict=True)]


def test_words_that_training_never_had_are_noted_once(capsys: pytest.CaptureFixture[str]) -> None:
    predict.main("known", ["y", "xyzzy y", "plugh"], None, "jsonl")
    assert capsys.readouterr().err == "2 of 3 texts have words that training never had, such as 'xyzzy'\n"
    predict.main("known", ["y"], None, "jsonl")
    assert capsys.readouterr().err == ""


def test_a_table_has_a_line_for_each_text(capsys: pytest.CaptureFixture[str]) -> None:
    predict.main("known", ["y  1\t2", "x"], None, "table")
    assert capsys.readouterr().out == "b\t0.8808\ty 1 2\na\t0.8808\tx\n"


def test_a_terminal_takes_nothing_for_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    classifier = replace(predict.find_classifier("known"), classes=("a\tb\rc", "\x1b[31m\x9b"))
    monkeypatch.setattr(predict, "find_classifier", lambda name: classifier)
    text = "x \x1b[2J\x07 é \x9b é\u2028👩‍💻"
    predict.main("known", [text, "y"], None, "table")
    shown = capsys.readouterr().out
    rows = [line.split("\t") for line in shown.splitlines()]
    assert [(label, text) for label, _, text in rows] == [
        (r"a\u0009b\u000dc", r"x \u001b[2J\u0007 é \u009b é 👩‍💻"),
        (r"\u001b[31m\u009b", "y"),
    ]
    predict.main("known", [text, "y"], None, "jsonl")
    shown = capsys.readouterr().out
    assert not set("\x1b\x07\x9b\r\u2028") & set(shown)
    assert [(line["label"], line["text"]) for line in map(json.loads, shown.splitlines())] == [
        ("a\tb\rc", text), ("\x1b[31m\x9b", "y")
    ]  # fmt: skip


def test_a_text_without_a_token_is_named_and_those_before_it_are_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"^text 1101: has no token: ' '; remove it$"):
        predict.main("known", [*TEXTS[:1100], " ", "x"], None, "jsonl")
    assert answers(capsys) == list(zip(TEXTS[:1100], LABELS[:1100], strict=True))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("line", [1, 1024, 1025, 1501])
def test_a_line_without_a_token_is_named_by_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], end: str, line: int
) -> None:
    path = tmp_path / "{texts}.txt"
    content = end.join([*TEXTS[: line - 1], "", "x", ""]).encode()
    path.write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    for name, shown in ((str(path), str(path)), ("-", "standard input")):
        with pytest.raises(UserError) as caught:
            predict.main("known", [], name, "jsonl")
        assert str(caught.value) == f"{shown}:{line}: has no token: ''; remove it"
        assert answers(capsys) == list(zip(TEXTS[: line - 1], LABELS[: line - 1], strict=True))


def test_a_text_beyond_the_extent_of_a_model_that_refuses_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "texts"
    path.write_text("x y\ny\nx y x y x\nx y x y\n")
    message = (
        f"^{re.escape(str(path))}:3: takes 5 steps, but there are weights for 3 only and beyond='error'; remove it$"
    )
    with pytest.raises(UserError, match=message):
        predict.main("strict", [], str(path), "jsonl")
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == ["x y", "y"]


@pytest.mark.parametrize("keyboard", [True, False], ids=["keyboard", "asked for"])
def test_each_line_is_answered_before_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keyboard: bool
) -> None:
    said: list[tuple[str, str]] = []

    class Typed:
        """Standard input, of which each line comes after the answer to the one before it."""

        def isatty(self) -> bool:
            return keyboard

        def __iter__(self) -> Iterator[str]:
            for text in ("x 1\n", " \n", "y plugh\n"):
                yield text
                answer = capsys.readouterr()
                said.append((answer.out, answer.err.splitlines()[-1] if answer.err else ""))

    monkeypatch.setattr(sys, "stdin", Typed())
    predict.main("known", [], None, "table", interactive=not keyboard)
    labels, errors = zip(*said, strict=True)
    assert [label[:1] for label in labels] == ["a", "", "b"], "a text that cannot be read ends nothing"
    assert "2: has no token" in errors[1]
    assert "'plugh'" in errors[2]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("models/sentences/sharde/0", "shared"), ("modles/sentences/shared/0", "models"), ("models/sentences/x/0", None)],
)
def test_a_misspelt_folder_is_answered_with_the_one_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, meant: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models/sentences/shared/0").mkdir(parents=True)
    with pytest.raises(UserError, match=rf"^{given}: ") as caught:
        FIND(given)
    assert str(caught.value).endswith(f"(did you mean {meant}?)") is (meant is not None)
