"""An English grammar. A meaning is a subject, a verb, an object and a set of adjuncts, and each adjunct may stand first
or last. Some sentences have no object: "It rained", "Anna slept".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from timeshare.sources.sentences import lexicon

SLOTS_BUT_DAYS = (*lexicon.TIMES, *lexicon.PLACES, *lexicon.COMPANY, *lexicon.MANNERS)
# It snows at some time and place, but neither with a friend nor in a hurry.
SLOTS_OF_STATES = (*lexicon.TIMES, *lexicon.PLACES)
KINDS = tuple(sorted((*lexicon.NOUNS_BY_KIND, "weather")))
# The kind of what names none of the others.
OTHER = "other"
# How often a verb of one kind alone is drawn for each time that one of all kinds is: there are few of them.
WEIGHT_OF_OWN_VERBS = 8


class Verb(NamedTuple):
    """What stands between subject and object.

    Attributes:
        words: "saw", "will see"; none where the phrase itself is the verb: "it rained".
        tense: which of `lexicon.DAYS` go with it.
    """

    words: str
    tense: str


def _verbs(*pairs: tuple[str, str]) -> tuple[Verb, ...]:
    """Verbs of the past and the future, of pairs such as ("saw", "see")."""
    return tuple(verb for past, base in pairs for verb in (Verb(past, "past"), Verb(f"will {base}", "future")))


VERBS = _verbs(*lexicon.VERBS)
COPULAS = tuple(Verb(words, tense) for tense, words in lexicon.COPULAS.items())
_WILL = (Verb("will", "future"),)


@dataclass(frozen=True)
class Predicate:
    """What is said of the subject, and all that the label depends on.

    Attributes:
        phrase: the object, or what stands in its place; its last word decides the label.
        label: the kind of thing that this word names.
        subjects: who may do it.
        verbs: with which verb.
        slots: the adjuncts that go with it beside the days, at most one from each slot.
        pair: the place in `lexicon.NOUN_PAIRS` of the nouns that the object compounds; None if it is no compound.
    """

    phrase: str
    label: str
    subjects: tuple[str, ...] = lexicon.SUBJECTS
    verbs: tuple[Verb, ...] = VERBS
    slots: tuple[tuple[str, ...], ...] = SLOTS_BUT_DAYS
    pair: int | None = None


class Meaning(NamedTuple):
    """What a sentence says, whatever its order.

    Attributes:
        subject: who.
        verb: does.
        predicate: what.
        adjuncts: when, where, with whom and how, in the order of the slots: equal sets are equal tuples.
        ending: a full stop, or nothing; it means nothing, but all orders of a meaning have the same.
    """

    subject: str
    verb: str
    predicate: Predicate
    adjuncts: tuple[str, ...]
    ending: str = ""


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
        length: in tokens, which are the words and the full stop.
    """

    meaning: Meaning
    text: str
    position: int
    length: int


def _compound(pair: int, first: str, second: str) -> Predicate:
    kind = next(kind for kind, nouns in lexicon.NOUNS_BY_KIND.items() if second in nouns)
    return Predicate(f"the {first} {second}", kind, pair=pair)


def _without_object() -> Iterator[Predicate]:
    for past, base in lexicon.INTRANSITIVE:
        yield Predicate(past, OTHER, verbs=(Verb("", "past"),))
        yield Predicate(base, OTHER, verbs=_WILL)
    for past, base, complements in lexicon.COMPLEMENTS:
        for complement in complements:
            yield Predicate(complement, OTHER, verbs=_verbs((past, base)))
    for quality in lexicon.QUALITIES:
        yield Predicate(quality, OTHER, lexicon.THINGS, COPULAS, SLOTS_OF_STATES)


def _weather() -> Iterator[Predicate]:
    def said(phrase: str, *verbs: Verb) -> Predicate:
        return Predicate(phrase, "weather", (lexicon.WEATHER_SUBJECT,), verbs, SLOTS_OF_STATES)

    for past, present, base, participle in lexicon.WEATHER_VERBS:
        yield said(past, Verb("", "past"))
        yield said(present, Verb("", "present"))
        yield said(base, *_WILL)
        yield said(participle, *COPULAS)
    for quality in lexicon.WEATHER_QUALITIES:
        yield said(quality, *COPULAS)


# For each noun pair its two compounds: "the milk chocolate" (food) and "the chocolate milk" (drink).
COMPOUNDS = tuple(
    (_compound(pair, first, second), _compound(pair, second, first))
    for pair, (first, second) in enumerate(lexicon.NOUN_PAIRS)
)
SIMPLE_OBJECTS = tuple(
    Predicate(phrase, kind, verbs=VERBS + WEIGHT_OF_OWN_VERBS * _verbs(*lexicon.VERBS_BY_KIND.get(kind, ())))
    for kind, phrases in lexicon.SIMPLE_OBJECTS.items()
    for phrase in phrases
)
WITHOUT_OBJECT = tuple(_without_object())
WEATHER = tuple(_weather())
PREDICATES = (*(each for pair in COMPOUNDS for each in pair), *SIMPLE_OBJECTS, *WITHOUT_OBJECT, *WEATHER)

KIND_OF_WORD = {predicate.phrase.split()[-1]: predicate.label for predicate in PREDICATES}
"""The label that each deciding word gives."""


def slots(predicate: Predicate, verb: Verb) -> tuple[tuple[str, ...], ...]:
    """The adjuncts that go with both, by slot."""
    return (lexicon.DAYS[verb.tense], *predicate.slots)


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

    There are no commas, and a full stop is one of the meaning: all orders of a meaning hold the same tokens, so that a
    bag of words cannot tell them apart.
    """
    before = " ".join((*order.front, meaning.subject, meaning.verb, meaning.predicate.phrase)).split()
    text = " ".join((*before, *order.back))
    length = len(text.split()) + len(meaning.ending)
    return Sentence(meaning, text[0].upper() + text[1:] + meaning.ending, len(before) - 1, length)
