"""Pretrained word vectors from a local text file, through torchtext."""

import contextlib
import io
import tempfile
from pathlib import Path

import torch
from torch import Tensor
from torchtext.vocab import Vectors

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.text import SPECIAL_TOKENS, Vocabulary
from timeshare.core.terminal import shows_progress


def load_vectors(path: Path, vocabulary: Vocabulary, size: int, initial: Tensor) -> Tensor:
    """The vectors of a vocabulary's tokens; a token that the file lacks keeps its initial one.

    Args:
        path: a token and its numbers a line, separated by spaces (GloVe), with or without a head line (fastText).
        vocabulary: the V tokens.
        size: E, numbers to a token.
        initial: float [V, E].
    Returns:
        float [V, E].
    Raises:
        UserError: the file is missing, is no such table, or has vectors of another size.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; training.vectors names one of word vectors, such as data/vectors/NAME")
    try:
        # torchtext keeps a pickle beside what it has read, and reads that the next time. In a new folder there is none.
        with tempfile.TemporaryDirectory() as cache, _progress():
            table = Vectors(str(path), cache=cache)
    except (RuntimeError, TypeError, ValueError, IndexError, StopIteration) as error:
        raise UserError(f"{path}: is no table of word vectors ({' '.join(str(error).split())[:120]})") from None
    if table.dim != size:
        raise UserError(f"{path}: has vectors of {table.dim} numbers, and the model's embedding_size is {size}")
    vectors = initial.detach().clone()
    for row, token in enumerate(vocabulary.tokens[len(SPECIAL_TOKENS) :], start=len(SPECIAL_TOKENS)):
        if token in table.stoi:
            vectors[row] = torch.as_tensor(table.vectors[table.stoi[token]])
    return vectors


def _progress() -> contextlib.AbstractContextManager[object]:
    """Keep torchtext's progress bar to where somebody is looking."""
    return contextlib.nullcontext() if shows_progress() else contextlib.redirect_stderr(io.StringIO())
