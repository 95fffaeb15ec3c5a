"""Source `sentences`: English from a grammar, labelled by the kind of thing the object's head noun names.

Training shows each meaning in one order. Half of the compounds stand in sentences without a fronted adjunct alone, the
other half in sentences with one alone, so a compound's head noun is met at some positions and never at others. The
probes ask for what was held out: other orders, the reversed compound, the other positions, more adjuncts.

A fronted adjunct tells nothing of the label: the halves are chosen so that each kind of thing is in both about
equally, and every other sentence that has no compound has one.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from timeshare.core.config.errors import UserError
from timeshare.core.seeding import numpy_generator
from timeshare.sources.raw import SPLITS, Probe, RawData, Row, probe_batches, row_batches
from timeshare.sources.sentences import SentencesSettings, grammar, lexicon
from timeshare.sources.sentences.grammar import Meaning, Order, Predicate, Sentence

# Shares of the sentences with each predicate; the others have a compound.
SHARES = ((0.06, grammar.WEATHER), (0.07, grammar.WITHOUT_OBJECT), (0.2, grammar.SIMPLE_OBJECTS))
STOP_SHARE = 0.25
# Halves of the noun pairs that are drawn, to take the one whose kinds of things are most like those of the other half.
HALVES = 20_000
# Orders of one meaning in an invariance group: all of them up to two adjuncts.
ORDERS_PER_GROUP = 6
# Draws in a row that must all fail before the grammar is taken to have no more to give.
PATIENCE = 20_000

Drawn = TypeVar("Drawn")


def read(name: str, settings: SentencesSettings) -> RawData:
    """Generate the dataset.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: sizes and seed.
    Raises:
        UserError: the settings ask for more sentences or adjuncts than the grammar has.
    """
    most = 1 + len(grammar.SLOTS_BUT_DAYS)
    if settings.probe_adjuncts[1] > most:
        raise UserError(f"datasets.{name}.probe_adjuncts: a sentence has room for {most} adjuncts; lower it to {most}")
    generator = Generator(name, settings)
    sizes = (settings.train_size, settings.valid_size, settings.test_size)
    splits = {split: generator.split(size) for split, size in zip(SPLITS, sizes, strict=True)}
    return RawData(
        classes=grammar.KINDS,
        splits={split: row_batches(_rows(split, sentences)) for split, sentences in splits.items()},
        probes=probe_batches(list(_probes(generator, splits["train"], settings))),
        gold_orders=True,
        notes={"fronted_pairs": sorted(" ".join(lexicon.NOUN_PAIRS[pair]) for pair in generator.fronted_pairs)},
    )


class Generator:
    """Draws sentences from one stream of chance, no meaning twice.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: sizes and seed.
    Attributes:
        fronted_pairs: the noun pairs whose compounds training shows after a fronted adjunct alone; it shows the others
            without one alone.
    """

    def __init__(self, name: str, settings: SentencesSettings) -> None:
        self._random = numpy_generator(settings.seed, "sentences")
        self._name = name
        self._adjuncts = settings.adjuncts
        self._drawn: set[Meaning] = set()
        self.fronted_pairs = _half_of_pairs(self._random)

    def trained_front(self, predicate: Predicate) -> bool | None:
        """Whether training shows this after a fronted adjunct alone (True), without one alone (False), or both."""
        return None if predicate.pair is None else predicate.pair in self.fronted_pairs

    def split(self, size: int) -> list[Sentence]:
        """Sentences as training has them."""
        return [self.say(*self._drawn_as_trained(*self._adjuncts)) for _ in range(size)]

    def meaning(self, fewest: int, most: int, *, compound: bool = False) -> Meaning:
        """A meaning of `fewest` to `most` adjuncts; its object is a compound, or anything."""
        meaning, _ = self._drawn_as_trained(fewest, most, compound=compound)
        return meaning

    def reversible(self, fewest: int, most: int) -> tuple[Meaning, Meaning]:
        """Two meanings that differ by the order of the object's compound alone."""

        def attempt() -> tuple[Meaning, Meaning] | None:
            meaning = self.meaning(fewest, most, compound=True)
            reverse = grammar.reverse(meaning)
            return (meaning, reverse) if self._is_new(reverse) else None

        return self.until(attempt)

    def order(self, adjuncts: Sequence[str], front: bool | None) -> Order:
        """An order: each adjunct first or last; at least one first (True), none (False), or as it falls (None)."""
        shuffled = [adjuncts[place] for place in self._random.permutation(len(adjuncts))]
        is_first = self._random.random(len(shuffled)) < 0.5
        if front is False:
            is_first[:] = False
        elif front and not is_first.any():
            is_first[self._random.integers(len(shuffled))] = True
        return Order(
            tuple(adjunct for adjunct, first in zip(shuffled, is_first, strict=True) if first),
            tuple(adjunct for adjunct, first in zip(shuffled, is_first, strict=True) if not first),
        )

    def orders(self, adjuncts: Sequence[str]) -> list[Order]:
        """All orders of the adjuncts, or `ORDERS_PER_GROUP` of them where there are more."""
        if math.factorial(len(adjuncts) + 1) <= ORDERS_PER_GROUP:
            return grammar.orders(adjuncts)
        chosen: dict[Order, None] = {}
        while len(chosen) < ORDERS_PER_GROUP:
            chosen[self.order(adjuncts, None)] = None
        return list(chosen)

    def say(self, meaning: Meaning, front: bool | None) -> Sentence:
        """A meaning in an order that `order` draws."""
        return grammar.realise(meaning, self.order(meaning.adjuncts, front))

    def until(self, attempt: Callable[[], Drawn | None]) -> Drawn:
        """What `attempt` gives, as soon as it gives something."""
        for _ in range(PATIENCE):
            drawn = attempt()
            if drawn is not None:
                return drawn
        raise UserError(
            f"datasets.{self._name}: the grammar has too few sentences for these sizes; "
            "lower train_size, valid_size, test_size or probe_groups, or raise adjuncts"
        )

    def _drawn_as_trained(self, fewest: int, most: int, *, compound: bool = False) -> tuple[Meaning, bool]:
        """A meaning, and whether training would say it with a fronted adjunct."""

        def attempt() -> tuple[Meaning, bool] | None:
            predicate = self._compound() if compound else self._predicate()
            front = self.trained_front(predicate)
            if front is None:
                front = self._random.random() < 0.5
            verb = self._pick(predicate.verbs)
            slots = grammar.slots(predicate, verb)
            low, high = max(fewest, int(front)), min(most, len(slots))
            if low > high:
                return None
            adjuncts = self._adjuncts_of(slots, int(self._random.integers(low, high + 1)))
            ending = "." if self._random.random() < STOP_SHARE else ""
            meaning = Meaning(self._pick(predicate.subjects), verb.words, predicate, adjuncts, ending)
            return (meaning, front) if self._is_new(meaning) else None

        return self.until(attempt)

    def _is_new(self, meaning: Meaning) -> bool:
        known = len(self._drawn)
        self._drawn.add(meaning._replace(ending=""))
        return len(self._drawn) > known

    def _predicate(self) -> Predicate:
        left = self._random.random()
        for share, predicates in SHARES:
            if left < share:
                return self._pick(predicates)
            left -= share
        return self._compound()

    def _compound(self) -> Predicate:
        return self._pick(self._pick(grammar.COMPOUNDS))

    def _adjuncts_of(self, slots: Sequence[Sequence[str]], number: int) -> tuple[str, ...]:
        chosen = sorted(self._random.choice(len(slots), size=number, replace=False).tolist())
        return tuple(self._pick(slots[slot]) for slot in chosen)

    def _pick(self, options: Sequence[Drawn]) -> Drawn:
        return options[int(self._random.integers(len(options)))]


def _half_of_pairs(random: np.random.Generator) -> frozenset[int]:
    """About half of the noun pairs, whole families of them, with about half of the compounds of each kind.

    By pairs: were a pair's compounds in different halves, a front or its lack would tell the one from the other. By
    families: a noun that is in both halves would be met at all positions.
    """
    families = [[lexicon.NOUN_PAIRS.index(pair) for pair in family] for family in lexicon.NOUN_FAMILIES]
    labels = [[compound.label for place in family for compound in grammar.COMPOUNDS[place]] for family in families]
    counts = np.array([[len(each), *(each.count(kind) for kind in lexicon.NOUNS_BY_KIND)] for each in labels])
    halves = random.integers(2, size=(HALVES, len(families)))
    unlike = np.abs(halves @ counts / counts.sum(0) - 0.5).max(1)
    return frozenset(place for family in np.flatnonzero(halves[unlike.argmin()]) for place in families[family])


def _rows(split: str, sentences: Sequence[Sentence]) -> Iterator[Row]:
    for index, sentence in enumerate(sentences):
        yield Row(f"{split}-{index:06d}", sentence.text, sentence.meaning.predicate.label)


def _probes(generator: Generator, train: Sequence[Sentence], settings: SentencesSettings) -> Iterator[Probe]:
    fewest, most = settings.adjuncts
    for group in range(settings.probe_groups):
        meaning = generator.meaning(max(1, fewest), most)
        for place, order in enumerate(generator.orders(meaning.adjuncts)):
            yield _probe("invariance", group, place, grammar.realise(meaning, order))
    for group in range(settings.probe_groups):
        pair = generator.reversible(fewest, most)
        order = generator.order(pair[0].adjuncts, None)
        for place, meaning in enumerate(pair):
            yield _probe("sensitivity", group, place, grammar.realise(meaning, order))
    positions: dict[str, set[int]] = defaultdict(set)
    for sentence in train:
        positions[sentence.meaning.predicate.phrase].add(sentence.position)
    for group in range(settings.probe_groups):
        usual, unusual = _at_both_positions(generator, positions, settings)
        yield _probe("position_seen", group, 0, usual)
        yield _probe("position_unseen", group, 0, unusual)
    longest = max(sentence.length for sentence in train)
    counts = range(settings.probe_adjuncts[0], settings.probe_adjuncts[1] + 1)
    for group in range(settings.probe_groups):
        yield _probe("length", group, 0, _longer_than(longest, generator, counts[group % len(counts)]))


def _at_both_positions(
    generator: Generator, positions: Mapping[str, set[int]], settings: SentencesSettings
) -> tuple[Sentence, Sentence]:
    """One meaning said with its compound where training has it, and where training never has it."""

    def attempt() -> tuple[Sentence, Sentence] | None:
        meaning = generator.meaning(max(1, settings.adjuncts[0]), settings.adjuncts[1], compound=True)
        front = generator.trained_front(meaning.predicate)
        usual, unusual = generator.say(meaning, front), generator.say(meaning, not front)
        seen = positions[meaning.predicate.phrase]
        return (usual, unusual) if usual.position in seen and unusual.position not in seen else None

    return generator.until(attempt)


def _longer_than(longest: int, generator: Generator, adjuncts: int) -> Sentence:
    """A sentence of so many adjuncts and more than `longest` tokens, its compound fronted or not as in training."""

    def attempt() -> Sentence | None:
        meaning = generator.meaning(adjuncts, adjuncts, compound=True)
        sentence = generator.say(meaning, generator.trained_front(meaning.predicate))
        return sentence if sentence.length > longest else None

    return generator.until(attempt)


def _probe(kind: str, index: int, place: int, sentence: Sentence) -> Probe:
    group = f"{kind}-{index:06d}"
    label = sentence.meaning.predicate.label
    return Probe(f"{group}-{place}", group, kind, place, sentence.text, label, sentence.position)
