"""An English grammar. A meaning is a subject, a verb, an object and a set of adjuncts, and each adjunct may stand first
or last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from timeshare.sources.sentences import lexicon

SLOTS = (*lexicon.TIMES, *lexicon.PLACES, *lexicon.COMPANY, *lexicon.MANNERS)
# It snows at some time and place, but neither with a friend nor in a hurry.
WEATHER_SLOTS = (*lexicon.TIMES, *lexicon.PLACES)
KINDS = tuple(sorted((*lexicon.NOUNS_BY_KIND, "weather")))


@dataclass(frozen=True)
class Predicate:
    """What is said of the subject, and all that the label depends on.

    Attributes:
        phrase: the object, or the participle of a sentence about the weather; its last word decides the label.
        label: the kind of thing that this word names.
        subjects: who may do it.
        verbs: with which verb.
        slots: the adjuncts that go with it, at most one from each slot.
        pair: the place in `lexicon.NOUN_PAIRS` of the nouns that the object compounds; None if it is no compound.
    """

    phrase: str
    label: str
    subjects: tuple[str, ...] = lexicon.SUBJECTS
    verbs: tuple[str, ...] = lexicon.VERBS
    slots: tuple[tuple[str, ...], ...] = SLOTS
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
    """The adjuncts before the subject and those after the object, each in order."""

    front: tuple[str, ...]
    back: tuple[str, ...]


class Sentence(NamedTuple):
    """A meaning in one order.

    Attributes:
        meaning: what is said.
        text: "On Monday it was snowing".
        position: 0-based index of the token that decides the label.
        length: in tokens, which are the words.
    """

    meaning: Meaning
    text: str
    position: int
    length: int


def _compound(pair: int, first: str, second: str) -> Predicate:
    kind = next(kind for kind, nouns in lexicon.NOUNS_BY_KIND.items() if second in nouns)
    return Predicate(f"the {first} {second}", kind, pair=pair)


# For each noun pair its two compounds: "the milk chocolate" (food) and "the chocolate milk" (drink).
COMPOUNDS = tuple(
    (_compound(pair, first, second), _compound(pair, second, first))
    for pair, (first, second) in enumerate(lexicon.NOUN_PAIRS)
)
SIMPLE_OBJECTS = tuple(
    Predicate(phrase, kind, verbs=lexicon.VERBS + lexicon.VERBS_BY_KIND.get(kind, ()))
    for phrase, kind in lexicon.SIMPLE_OBJECTS
)
WEATHER = tuple(
    Predicate(participle, "weather", (lexicon.WEATHER_SUBJECT,), (lexicon.WEATHER_VERB,), WEATHER_SLOTS)
    for participle in lexicon.WEATHER
)


def reverse(meaning: Meaning) -> Meaning:
    """The same with the compound's nouns in the other order.

    Raises:
        ValueError: the object is no compound.
    """
    pair = meaning.predicate.pair
    if pair is None:
        raise ValueError(f"'{meaning.predicate.phrase}' is no compound, it has no reverse")
    forward, backward = COMPOUNDS[pair]
    return meaning._replace(predicate=backward if meaning.predicate == forward else forward)


def orders(adjuncts: Sequence[str]) -> list[Order]:
    """All (n + 1)! orders of n adjuncts: each permutation, cut anywhere into a front and a back."""
    return [Order(chosen[:cut], chosen[cut:]) for chosen in permutations(adjuncts) for cut in range(len(adjuncts) + 1)]


def realise(meaning: Meaning, order: Order) -> Sentence:
    """Say a meaning: "On Monday it was snowing", "Today at noon Anna saw the dog house in Paris".

    There are no commas and no full stop: all orders of a meaning hold the same tokens, so that a bag of words cannot
    tell them apart.
    """
    before = " ".join((*order.front, meaning.subject, meaning.verb, meaning.predicate.phrase))
    text = " ".join((before, *order.back))
    return Sentence(meaning, text[0].upper() + text[1:], len(before.split()) - 1, len(text.split()))
