"""Probes for text without gold reorderings: n-gram shuffles, and phrases that a rule moves."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from timeshare.core.prepared.tokenisers import Tokeniser
from timeshare.sources.raw import Probe, Row
from timeshare.sources.realtext.reorder import reordered


def shuffle_probes(
    rows: Iterable[Row],
    tokenise: Tokeniser,
    sizes: Sequence[int],
    permutations: int,
    random: np.random.Generator,
) -> Iterator[Probe]:
    """Each text with its n-grams in other orders, for each size n.

    A text is cut into n-grams from its start on (the last may be shorter), and these are permuted; n = 1 is the full
    shuffle. Every permutation changes the text. A text none of whose permutations does, such as one of n tokens or
    fewer, has no probe of that size; one that cannot be put together again from its tokens has none at all.

    Args:
        rows: the original texts.
        tokenise: what cuts them.
        sizes: the n of the n-grams.
        permutations: how many of each text and size; they are drawn independently, so two may be equal.
        random: the stream of chance.
    Yields:
        Probes of kind `shuffle_N`, group the row's id, place the 0-based number of the permutation. Their text is
        tokens and spaces, and tokenises to those tokens.
    """
    for row in rows:
        tokens = tokenise(row.text)
        if not _stand_alone(tokens, tokenise):
            continue
        for size in sizes:
            kind = f"shuffle_{size}"
            grams = [tokens[start : start + size] for start in range(0, len(tokens), size)]
            if not _has_other_orders(grams):
                continue
            for place in range(permutations):
                text = " ".join(_other_order(grams, tokens, random))
                yield Probe(f"{kind}-{row.id}-{place}", row.id, kind, place, text, row.label)


def moved_pair(group: str, row: Row, tokenise: Tokeniser) -> list[Probe]:
    """A text and its reordering by rule, as probes of kind `moved`; nothing where no rule of `reorder` applies.

    Nor is there a pair where the two have other tokens: "yesterday." between spaces is no "yesterday".
    """
    moved = reordered(row.text)
    if moved is None or sorted(tokenise(moved)) != sorted(tokenise(row.text)):
        return []
    return [
        Probe(f"moved-{group}-{place}", group, "moved", place, text, row.label)
        for place, text in enumerate((row.text, moved))
    ]


def _has_other_orders(grams: Sequence[list[str]]) -> bool:
    """Whether some permutation of the n-grams gives other tokens: unless all of them commute when they are joined."""
    return any(gram + grams[0] != grams[0] + gram for gram in grams)


def _stand_alone(tokens: Sequence[str], tokenise: Tokeniser) -> bool:
    """Whether the tokens are cut as they are whatever stands around them.

    A regular expression may look at what is around a token. And a shuffle could put `<br` before `/>`, which
    basic_english takes for a space.
    """
    return all(tokenise(token) == [token] and not token.endswith("<br") for token in tokens)


def _other_order(grams: Sequence[list[str]], tokens: Sequence[str], random: np.random.Generator) -> list[str]:
    # At most half of the permutations leave the tokens as they are, so few draws are needed.
    while True:
        shuffled = [token for place in random.permutation(len(grams)).tolist() for token in grams[place]]
        if shuffled != tokens:
            return shuffled
