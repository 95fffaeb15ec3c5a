"""Word vectors from files, as GloVe, fastText and word2vec write them."""

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.text import SPECIAL_TOKENS, Vocabulary
from timeshare.train.vectors import load_vectors

VOCABULARY = Vocabulary((*SPECIAL_TOKENS, "the", "café", "sat", "3"))
INITIAL = torch.full((6, 4), 0.5)
# "The" is no token of the vocabulary, and "sat" is not in the file.
VECTORS = {"The": [9.0, 9, 9, 9], "café": [1.5, -2, 3e-4, 0], "elsewhere": [8.0, 8, 8, 8], "the": [0.25, 1, 2, 3]}
EXPECTED = torch.tensor([[0.5] * 4, [0.5] * 4, VECTORS["the"], VECTORS["café"], [0.5] * 4, [0.5] * 4])
HEADER = b"4 4\n"


def glove(end: str = "\n") -> bytes:
    return "".join(f"{word} {' '.join(map(str, row))}{end}" for word, row in VECTORS.items()).encode()


def word2vec(end: bytes = b"\n") -> bytes:
    rows = [word.encode() + b" " + np.array(row, "<f4").tobytes() + end for word, row in VECTORS.items()]
    return HEADER + b"".join(rows)


FORMATS: dict[str, bytes] = {
    "GloVe": glove(),
    "GloVe, without a last line feed": glove().rstrip(),
    "GloVe, Windows": glove("\r\n"),
    "fastText": HEADER + glove(" \n"),
    "word2vec, text": HEADER + glove(),
    "word2vec, binary": word2vec(),
    "word2vec, binary without line feeds": word2vec(b""),
}


@pytest.fixture
def load(tmp_path: Path) -> Callable[[bytes], Tensor]:
    def run(content: bytes) -> Tensor:
        path = tmp_path / "words.vec"
        path.write_bytes(content)
        return load_vectors(path, VOCABULARY, 4, INITIAL)

    return run


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_vectors(
    load: Callable[[bytes], Tensor], name: str, compress: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.testing.assert_close(load(compress(FORMATS[name])), EXPECTED)
    assert INITIAL.eq(0.5).all()
    assert capsys.readouterr().err.endswith("words.vec: vectors for 2 of 4 tokens\n")


def test_words_that_are_numbers_hold_spaces_or_come_twice(load: Callable[[bytes], Tensor]) -> None:
    content = b". . . 9 9 9 9\nat name@domain.com 9 9 9 9\nthe 1 2 3 4\n3 5 6 7 8\n\xff\xa0 9 9 9 9\nthe 9 9 9 9\n\n"
    vectors = load(b"a 0 0 0 0\n" + content)
    assert vectors[2].tolist() == [1, 2, 3, 4]
    assert vectors[5].tolist() == [5, 6, 7, 8]


def test_a_header_is_told_from_a_word_that_is_a_number(load: Callable[[bytes], Tensor]) -> None:
    assert load(b"3 1 2 3 4\nthe 5 6 7 8\n")[5].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1 is no word followed by numbers"),
        (b"the\t1\t2\t3\t4\n", "line 1 is no word followed by numbers"),
        (b"word,x,y\nthe,1,2\n", "line 1 is no word followed by numbers"),
        (b"\x80\x04\x95\x0c\x00\x00 \x00\x00", "line 1 is no word followed by numbers"),
        (b"a 1 2 3\nthe 1 2 4\n", "has vectors of 3 numbers, and the model's embedding_size is 4"),
        (b"4 3\nthe 1 2 4\n", "has vectors of 3 numbers, and the model's embedding_size is 4"),
        (b"a 1 2 3 4\nb 1 2\n", "line 2 has not 4 numbers after its word; mend it, or remove the line"),
        (b"a 1 2 3 4\nb 1 2 3 4 5\n", "line 2 has not 4 numbers after its word"),
        (HEADER + b"a 1 2 3\n", "line 2 has not 4 numbers after its word"),
        (b"a 1 2 3 4\n\nthe 1 2 x 4\n", "line 3 has what is no finite number"),
        (b"a 1 2 3 4\nthe 1 2 nan 4\n", "line 2 has what is no finite number"),
        (b"a 1 2 3 4\nthe 1 2 1e39 4\n", "line 2 has what is no finite number"),
        (b"3 4\n" + glove(), "has 4 words, and its first line says 3; get the file anew"),
        (b"5 4\n" + glove(), "has 4 words, and its first line says 5"),
        (word2vec()[:-5], "ends at byte 91, within word 4 of 4; get the file anew"),
        (b"9" + word2vec()[1:], "ends at byte 96, within word 5 of 9"),
        (b"3" + word2vec()[1:], "goes on at byte 74, after the 3 words of its first line"),
        (
            HEADER + b"the " + np.array([1, np.inf, 0, 0], "<f4").tobytes(),
            "has what is no finite number from byte 8 on",
        ),
        (HEADER + b"\x00" * 9000, "has no word at byte 4, where word 1 of 4 begins"),
        (b"a 1 2 3 4\nb 1 2 3 4\n", "has none of the 4 tokens of the training texts"),
        (b"PK\x03\x04" + b"\x00" * 40, "is a zip archive; unpack it"),
        (b"\xba\x16\x4f\x2f\x0c\x00\x00\x00", r"is a fastText model \(.bin\).*; give its .vec file"),
        (gzip.compress(b"\xba\x16\x4f\x2f\x0c", mtime=0), "is a fastText model"),
        (gzip.compress(glove(), mtime=0)[:-9], "cannot be read .*; get the file anew"),
        (gzip.compress(glove(), mtime=0)[:12] + b"damaged", "cannot be read .*; get the file anew"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    load: Callable[[bytes], Tensor], content: bytes, message: str
) -> None:
    with pytest.raises(UserError, match=rf"words\.vec: {message}") as caught:
        load(content)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such file; training\.vectors names one of word vectors"):
        load_vectors(tmp_path / "words.vec", VOCABULARY, 4, INITIAL)


@pytest.mark.parametrize("binary", [False, True])
def test_of_a_large_file_the_vocabularys_rows_alone_are_in_memory(tmp_path: Path, binary: bool) -> None:
    size, words = 100, 40_000
    row = np.full(size, 0.125, "<f4").tobytes() if binary else b" ".join([b"0.125"] * size)
    with (tmp_path / "words.vec").open("wb") as file:
        file.write(b"%d %d\n" % (words + 1, size))
        file.writelines(b"word%d %b\n" % (number, row) for number in range(words))
        file.write(b"the %b\n" % row)
    tracemalloc.start()
    vectors = load_vectors(tmp_path / "words.vec", VOCABULARY, size, torch.zeros(6, size))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert vectors[2].tolist() == [0.125] * size
    assert peak < 4 << 20 < (tmp_path / "words.vec").stat().st_size
