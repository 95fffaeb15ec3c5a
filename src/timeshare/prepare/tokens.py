"""Tokenising many texts at once: the tokeniser sees each distinct word of a chunk once, the rest is array work."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from timeshare.core.prepared.tokenisers import PIECE_BY_PIECE, tokeniser_of


@dataclass(frozen=True)
class TokenisedTexts:
    """Some texts as ids into their own distinct tokens.

    Attributes:
        distinct: the tokens that occur, each once.
        ids: uint32 [tokens], all texts one after the other, as places in `distinct`.
        lengths: int32 [texts], tokens of each text.
    """

    distinct: list[str]
    ids: np.ndarray
    lengths: np.ndarray


def tokenise_all(texts: pa.StringArray, tokeniser: str) -> TokenisedTexts:
    """Tokenise texts exactly as the tokeniser does one by one, about ten times faster if it works `PIECE_BY_PIECE`.

    Such a one treats what stands between two spaces by itself. So Arrow splits the texts at spaces, the tokeniser
    sees each distinct piece once, and its tokens are copied to wherever the piece stands. The one pattern with a space
    inside is `<br />`: a text that may hold it is tokenised as a whole, and its tokens, which the tokeniser leaves as
    they are, become the pieces.
    """
    if tokeniser not in PIECE_BY_PIECE:
        tokenise = tokeniser_of(tokeniser)
        tokens_of_texts = [tokenise(text) for text in texts.to_pylist()]
        distinct, ids = _numbered(chain.from_iterable(tokens_of_texts))
        return TokenisedTexts(distinct, ids, np.fromiter(map(len, tokens_of_texts), np.int32, len(tokens_of_texts)))
    pieces_of_texts = pc.ascii_split_whitespace(_without_breaks(texts, tokeniser))
    pieces = pieces_of_texts.flatten().dictionary_encode()
    tokens_of_pieces = [_tokens_of(piece, tokeniser) for piece in pieces.dictionary.to_pylist()]
    distinct, ids = _numbered(chain.from_iterable(tokens_of_pieces))
    counts = np.fromiter(map(len, tokens_of_pieces), np.int64, len(tokens_of_pieces))
    starts = np.cumsum(counts) - counts
    piece_ids = pieces.indices.to_numpy()
    piece_counts = counts[piece_ids]
    tokens_up_to = np.concatenate(([0], np.cumsum(piece_counts)))
    pieces_up_to = np.concatenate(([0], np.cumsum(pc.list_value_length(pieces_of_texts).to_numpy())))
    return TokenisedTexts(
        distinct=distinct,
        ids=ids[ragged_places(starts[piece_ids], piece_counts)],
        lengths=np.diff(tokens_up_to[pieces_up_to]).astype(np.int32),
    )


def ragged_places(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The places of several runs, one after the other: starts [5, 0] and lengths [2, 3] give [5, 6, 0, 1, 2]."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(total)


def _without_breaks(texts: pa.StringArray, tokeniser: str) -> pa.StringArray:
    """The texts, those that may hold `<br />` as their tokens between spaces."""
    suspects = pc.match_substring(texts, "/>")
    if not pc.any(suspects).as_py():
        return texts
    tokenised = [" ".join(tokeniser_of(tokeniser)(text)) for text in texts.filter(suspects).to_pylist()]
    return pc.replace_with_mask(texts, suspects, pa.array(tokenised, texts.type))


# Remembered from chunk to chunk: most words of a chunk have been met before.
@lru_cache(maxsize=1 << 17)
def _tokens_of(piece: str, tokeniser: str) -> tuple[str, ...]:
    return tuple(tokeniser_of(tokeniser)(piece))


def _numbered(strings: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """The distinct strings in the order of their first occurrence, and each string's place there, uint32."""
    places: defaultdict[str, int] = defaultdict(count().__next__)
    ids = np.fromiter(map(places.__getitem__, strings), np.uint32)
    return list(places), ids
