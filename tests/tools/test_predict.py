"""`timeshare predict` with a model whose every answer is known: the class of the first token."""

import io
import json
import math
import sys
from pathlib import Path

import pytest

from tests.evaluate.tables import prepared_data, token_classifier
from timeshare.core.config.errors import UserError
from timeshare.evaluate.predictor import Predictor
from timeshare.tools import predict

# More than are labelled at once, and of lengths that are sorted for it.
TEXTS = [f"{'xy'[number % 2]} {'z ' * (number % 5)}{number}" for number in range(2500)]
LABELS = ["ab"[number % 2] for number in range(2500)]


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model called 'known' says a for texts that begin with x, and b for those that begin with y."""
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b")])
    classifier = token_classifier(data, {"x": [2.0, 0.0], "y": [0.0, 2.0]}, "first")
    predictor = Predictor(("a", "b"), classifier, data.vocabulary, "whitespace")
    monkeypatch.setattr(predict, "find_predictor", {"known": predictor}.__getitem__)


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


def test_a_table_has_a_line_for_each_text(capsys: pytest.CaptureFixture[str]) -> None:
    predict.main("known", ["y  1\t2", "x"], None, "table")
    assert capsys.readouterr().out == "b\t0.8808\ty 1 2\na\t0.8808\tx\n"


def test_a_text_without_a_token_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"^texts from 1024 on: text 76 has no token: ' '; remove it$"):
        predict.main("known", [*TEXTS[:1100], " "], None, "jsonl")
    # Those before are labelled.
    assert answers(capsys) == list(zip(TEXTS[:1024], LABELS[:1024], strict=True))
