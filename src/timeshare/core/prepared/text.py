"""From tokens to their ids: a vocabulary that never grows after it is fitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from timeshare.core.artifacts import digest, read_json, write_json
from timeshare.core.config.errors import UserError

PAD = 0
UNKNOWN = 1
SPECIAL_TOKENS = ("<pad>", "<unk>")


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and their ids: 0 is padding, 1 unknown, then one id a token.

    Attributes:
        tokens: every token at the place of its id, `<pad>` and `<unk>` first.
    """

    tokens: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.tokens[: len(SPECIAL_TOKENS)] != SPECIAL_TOKENS:
            raise ValueError(f"a vocabulary starts with {SPECIAL_TOKENS}, not with {self.tokens[:2]}")
        if len(set(self.tokens)) != len(self.tokens):
            raise ValueError("a vocabulary holds each token once")

    @classmethod
    def fit(cls, counts: Mapping[str, int], max_size: int, min_frequency: int = 1) -> Self:
        """Keep the most frequent tokens, ordered by (-frequency, token).

        Args:
            counts: how often each token occurs in the training texts.
            max_size: tokens kept at most, beside padding and unknown.
            min_frequency: rarer tokens are unknown.
        """
        known = [token for token, count in counts.items() if count >= min_frequency and token not in SPECIAL_TOKENS]
        known.sort(key=lambda token: (-counts[token], token))
        return cls(SPECIAL_TOKENS + tuple(known[:max_size]))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The id of each known token. A text that spells out `<pad>` or `<unk>` holds an unknown token."""
        first = len(SPECIAL_TOKENS)
        return {token: index for index, token in enumerate(self.tokens[first:], start=first)}

    @cached_property
    def digest(self) -> str:
        """What tells this vocabulary from every other: a sha256 of its tokens in order."""
        return digest(self.tokens)

    def encode(self, tokens: Sequence[str]) -> np.ndarray:
        """The ids of `tokens`, int64 [len(tokens)]; a token outside the vocabulary gets the id of `<unk>`."""
        ids = self.ids
        return np.fromiter((ids.get(token, UNKNOWN) for token in tokens), dtype=np.int64, count=len(tokens))

    def save(self, path: Path) -> None:
        """Write the tokens in order of their ids, as JSON."""
        write_json(path, list(self.tokens))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            UserError: the file is missing or holds no vocabulary.
        """
        tokens = read_json(path)
        try:
            if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
                raise ValueError("not a list of tokens")
            return cls(tuple(tokens))
        except ValueError as error:
            raise UserError(f"{path}: is damaged ({error}); remove it and run `dvc repro`") from None
