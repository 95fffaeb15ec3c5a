"""From text to token ids: torchtext's tokeniser and a vocabulary that never grows after it is fitted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Self

import numpy as np

from timeshare.core.artifacts import digest, read_json, write_json
from timeshare.core.config.errors import UserError

PAD = 0
UNKNOWN = 1
SPECIAL_TOKENS = ("<pad>", "<unk>")

Tokeniser = Callable[[str], list[str]]


def tokenise(text: str) -> list[str]:
    """Lower-case `text` and split it at spaces and punctuation, as torchtext 0.6.0's `basic_english` does.

    `.`, `,`, `!`, `?`, `'`, `(` and `)` become tokens of their own; `"`, `;` and `:` vanish; anything else between
    spaces stays whole, `+`, `*`, `-` and digits included: "I can't, now" -> i can ' t , now.

    Returns:
        The tokens; none if the text holds nothing but spaces and characters that vanish.
    """
    return _basic_english()(text)


@cache
def _basic_english() -> Tokeniser:
    # The package torchtext imports torch: seconds and 250 MB in each process that tokenises. Its tokenisers are in one
    # file that needs neither, so that file is all that is loaded.
    package = find_spec("torchtext")
    if package is None or package.origin is None:
        raise ImportError("torchtext is not installed")
    spec = spec_from_file_location("torchtext.data.utils", Path(package.origin).parent / "data" / "utils.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{package.origin}: torchtext lacks its tokenisers")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    tokeniser: Tokeniser = module.get_tokenizer("basic_english")
    return tokeniser


TOKENISERS: Mapping[str, Tokeniser] = {"basic_english": tokenise, "whitespace": str.split}


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
