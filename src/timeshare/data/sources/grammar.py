"""An English grammar: a meaning is a subject, a verb, an object and a set of adjuncts, each of which may stand first
or last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from timeshare.data.sources import lexicon

SLOTS = (*lexicon.TIMES, *lexicon.PLACES, *lexicon.COMPANY, *lexicon.MANNERS)
# It snows at some time and place, but neither with a friend nor in a hurry.
WEATHER_SLOTS = (*lexicon.TIMES, *lexicon.PLACES)
KINDS = tuple(sorted((*lexicon.NOUNS_BY_KIND, "weather")))
_KIND_OF_NOUN = {noun: kind for kind, nouns in lexicon.NOUNS_BY_KIND.items() for noun in nouns}


@dataclass(frozen=True)
class Predicate:
    """What is said of the subject, and all that the label depends on.

    Attributes:
        subjects: who may do it.
        verbs: with which verb.
        phrase: the object, or the participle of a sentence about the weather. Its last word decides the label.
        label: the kind of thing that the last word names.
        slots: the adjuncts that go with it, at most one from each slot.
        pair: which pair of `lexicon.NOUN_PAIRS` the object compounds; None if it is no compound.
    """

    subjects: tuple[str, ...]
    verbs: tuple[str, ...]
    phrase: str
    label: str
    slots: tuple[tuple[str, ...], ...]
    pair: int | None = None


class Meaning(NamedTuple):
    """What a sentence says, whatever its order.

    Attributes:
        subject: who.
        verb: does.
        predicate: what.
        adjuncts: when, where, with whom and how, in the order of the slots: equal sets are equal tuples.
    """

    subject: str
    verb: str
    predicate: Predicate
    adjuncts: tuple[str, ...]


class Order(NamedTuple):
    """Which of a meaning's adjuncts stand before the subject and which after the object, each in order."""

    front: tuple[str, ...]
    back: tuple[str, ...]


def compound(first: str, second: str) -> tuple[str, str]:
    """The phrase and the label of a compound: "the dog house", building."""
    return f"the {first} {second}", _KIND_OF_NOUN[second]


def compounds() -> list[tuple[Predicate, Predicate]]:
    """For each noun pair its two compounds, the one in the lexicon's order and the reverse."""
    pairs = []
    for index, (first, second) in enumerate(lexicon.NOUN_PAIRS):
        forward, backward = (
            Predicate(lexicon.SUBJECTS, lexicon.VERBS, *compound(*nouns), SLOTS, pair=index)
            for nouns in ((first, second), (second, first))
        )
        pairs.append((forward, backward))
    return pairs


def simple_objects() -> list[Predicate]:
    """Objects of one noun, which is told without order."""
    return [
        Predicate(lexicon.SUBJECTS, lexicon.VERBS + lexicon.VERBS_BY_KIND.get(kind, ()), phrase, kind, SLOTS)
        for phrase, kind in lexicon.SIMPLE_OBJECTS
    ]


def weather() -> list[Predicate]:
    """Sentences about the weather."""
    subjects, verbs = (lexicon.WEATHER_SUBJECT,), (lexicon.WEATHER_VERB,)
    return [Predicate(subjects, verbs, participle, "weather", WEATHER_SLOTS) for participle in lexicon.WEATHER]


def orders(adjuncts: Sequence[str]) -> list[Order]:
    """All orders of n adjuncts, (n + 1)! of them: each permutation, cut anywhere into a front and a back."""
    return [
        Order(chosen[:cut], chosen[cut:]) for chosen in permutations(adjuncts) for cut in range(len(adjuncts) + 1)
    ]


def realise(meaning: Meaning, order: Order) -> tuple[str, int, int]:
    """Say a meaning in an order: "On Monday it was snowing", "Today at noon, Anna saw the dog house in Paris".

    A single adjunct in front takes no comma, several end with one.

    Returns:
        The text; the 0-based index of the token that decides the label; the number of tokens. Tokens are those of
        basic_english: the words, and the comma.
    """
    front = " ".join(order.front) + ("," if len(order.front) > 1 else "")
    clause = f"{meaning.subject} {meaning.verb} {meaning.predicate.phrase}"
    text = " ".join(part for part in (front, clause, *order.back) if part)
    before = len(front.split()) + front.count(",") + len(clause.split())
    length = before + sum(len(adjunct.split()) for adjunct in order.back)
    return text[0].upper() + text[1:], before - 1, length
