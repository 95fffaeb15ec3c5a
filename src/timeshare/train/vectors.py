"""Pretrained word vectors from a local file: text (GloVe, fastText, word2vec) or word2vec's binary format.

A file, gzipped or not, is read in one pass that keeps the vocabulary's rows alone. docs/vectors.md has the formats.
"""

import codecs
import gzip
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.text import Vocabulary

Row = tuple[int, NDArray[np.float32]]

_HEADER = re.compile(rb"(\d{1,12}) (\d{1,9})\s*")  # of word2vec and fastText: how many words, and numbers to a word
_GZIP = b"\x1f\x8b"
# What a file may begin with instead, and what to say of it.
_OTHERS = {
    b"PK\x03\x04": "is a zip archive; unpack it, and name the file of vectors in it",
    b"\xba\x16\x4f\x2f": "is a fastText model (.bin), which is no table of words; give its .vec file",
}
_ANEW = "get the file anew"
_HEAD = 1 << 16  # bytes that tell text from numbers
_CHUNK = 1 << 20  # bytes read at once; a longer line is none
_LONGEST_WORD = 1 << 12  # bytes
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r"))


class _UnusableError(ValueError):
    """What is wrong with the file, and how to mend it."""


def load_vectors(path: Path, vocabulary: Vocabulary, size: int, initial: Tensor) -> Tensor:
    """The vectors of a vocabulary's tokens; a token that the file lacks keeps its initial one.

    How many tokens the file has is said on stderr. Of a word that it has twice the first vector counts.

    Args:
        path: the file; its format is told by its content.
        vocabulary: the V tokens.
        size: E, numbers to a token.
        initial: float [V, E].
    Returns:
        float [V, E].
    Raises:
        UserError: the file is missing, damaged or no such table, has vectors of another size, or none of the tokens.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; training.vectors names one of word vectors, such as data/vectors/NAME")
    wanted = {token.encode(): row for token, row in vocabulary.ids.items()}
    tokens = len(wanted)
    vectors = initial.detach().clone()
    try:
        with _open(path) as file:
            for row, numbers in _rows(file, wanted, size):
                vectors[row] = torch.from_numpy(numbers)
    except _UnusableError as error:
        raise UserError(f"{path}: {error}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read ({' '.join(str(error).split())[:120]}); {_ANEW}") from None
    found = tokens - len(wanted)
    if not found:
        raise UserError(
            f"{path}: has none of the {tokens} tokens of the training texts; give vectors of their language, and of "
            "words in lower case where the tokeniser makes them so"
        )
    print(f"{path}: vectors for {found} of {tokens} tokens", file=sys.stderr)
    return vectors


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        gzipped = file.read(len(_GZIP)) == _GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if gzipped else path.open("rb")


def _rows(file: BinaryIO, wanted: dict[bytes, int], size: int) -> Iterator[Row]:
    """The rows of a table that are wanted, which are removed from `wanted`: (their place, their numbers).

    Raises:
        _UnusableError: it is no table of vectors of `size` numbers, or is damaged.
    """
    first = file.readline(_CHUNK)
    for magic, reason in _OTHERS.items():
        if first.startswith(magic):
            raise _UnusableError(reason)
    header = _HEADER.fullmatch(first)
    count, width = (int(header[1]), int(header[2])) if header else (None, first.rstrip().count(b" "))
    if header is None and not _are_numbers(first.rstrip().split(b" ")[1:]):
        raise _UnusableError(
            "line 1 is no word followed by numbers, with one space before each; give a file of GloVe, word2vec or "
            "fastText (docs/vectors.md)"
        )
    if width != size:
        raise _UnusableError(f"has vectors of {width} numbers, and the model's embedding_size is {size}")
    start = len(first) if header else 0
    file.seek(start)
    head = file.read(_HEAD)
    file.seek(start)
    if count is not None and _is_binary(head, size):
        yield from _binary_rows(file, wanted, size, count, start)
    else:
        yield from _text_rows(file, wanted, size, count)


def _text_rows(file: BinaryIO, wanted: dict[bytes, int], size: int, count: int | None) -> Iterator[Row]:
    """From lines of a word and its numbers. Of other words' numbers only how many there are is looked at."""
    number, rows = (0 if count is None else 1), 0
    while line := file.readline(_CHUNK):
        number += 1
        line = line.rstrip()
        if not line:
            continue
        rows += 1
        # GloVe has words with spaces in them.
        more = line.count(b" ") - size
        word = line[: line.find(b" ")] if more == 0 else line.rsplit(b" ", size)[0]
        if more < 0 or (more > 0 and _are_numbers(word.split()[-1:])):
            raise _UnusableError(f"line {number} has not {size} numbers after its word; mend it, or remove the line")
        row = wanted.pop(word, None)
        if row is not None:
            fields = line.rsplit(b" ", size)[1:]
            if not _are_numbers(fields):
                raise _UnusableError(f"line {number} has what is no finite number; mend it, or remove the line")
            yield row, np.array([float(field) for field in fields], np.float32)
    if count not in (None, rows):
        raise _UnusableError(f"has {rows} words, and its first line says {count}; {_ANEW}")


def _binary_rows(file: BinaryIO, wanted: dict[bytes, int], size: int, count: int, start: int) -> Iterator[Row]:
    """From word2vec's binary format: a word, a space, its float32 numbers (little-endian), and a line feed or none."""
    chunk, at = b"", 0  # `start` is where the chunk begins in the file
    for number in range(1, count + 1):
        end = chunk.find(b" ", at)
        if end < 0 or len(chunk) < end + 1 + 4 * size:
            start += at
            chunk, at = chunk[at:] + file.read(_CHUNK + 4 * size), 0
            end = chunk.find(b" ")
        if end - at > _LONGEST_WORD or (end < 0 and len(chunk) > _LONGEST_WORD):
            raise _UnusableError(f"has no word at byte {start + at}, where word {number} of {count} begins; {_ANEW}")
        if end < 0 or len(chunk) < end + 1 + 4 * size:
            raise _UnusableError(f"ends at byte {start + len(chunk)}, within word {number} of {count}; {_ANEW}")
        row = wanted.pop(chunk[at:end].lstrip(b"\n"), None)
        at = end + 1 + 4 * size
        if row is not None:
            numbers = np.frombuffer(chunk, "<f4", size, end + 1).astype(np.float32)
            if not np.isfinite(numbers).all():
                raise _UnusableError(f"has what is no finite number from byte {start + end + 1} on; {_ANEW}")
            yield row, numbers
    if (chunk[at:] + file.read(1)).strip():
        raise _UnusableError(f"goes on at byte {start + at}, after the {count} words of its first line; {_ANEW}")


def _is_binary(head: bytes, size: int) -> bool:
    """Whether what follows the first line is no text; a damaged line alone does not make it so."""
    fields = head.partition(b"\n")[0].split()
    if len(fields) > size and _are_numbers(fields[-size:]):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return True
    return head.translate(None, _CONTROL) != head


def _are_numbers(fields: list[bytes]) -> bool:
    """Whether there are some, all of them finite numbers, in float32 too."""
    try:
        numbers = [float(field) for field in fields]
    except ValueError:
        return False
    return bool(numbers) and all(abs(number) <= float(np.finfo(np.float32).max) for number in numbers)
