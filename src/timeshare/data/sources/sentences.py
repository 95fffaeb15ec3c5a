"""Source `sentences`: English from a grammar, labelled by the kind of thing the object's head noun names.

Training shows each meaning in one order. Half of the compounds stand in sentences without a fronted adjunct alone, the
other half in sentences with one alone, so a compound's head noun is met at some positions and never at others. The
probes ask for what was held out: other orders, the reversed compound, the other positions, more adjuncts.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from timeshare.config.datasets import SentencesSettings
from timeshare.config.errors import UserError
from timeshare.data.sources import grammar
from timeshare.data.sources.grammar import Meaning, Order, Predicate, Sentence
from timeshare.data.sources.raw import SPLITS, Probe, RawData, Row, probe_batches, row_batches
from timeshare.seeding import numpy_generator

# Shares of the sentences whose object is one noun, and of those about the weather; the others have a compound.
SIMPLE_SHARE = 0.15
WEATHER_SHARE = 0.05
# Orders of one meaning in an invariance group: all of them up to two adjuncts.
ORDERS_PER_GROUP = 6
# Draws in a row that must all fail before the grammar is taken to have no more to give.
PATIENCE = 20_000

Option = TypeVar("Option")


def read(name: str, settings: SentencesSettings, downloads: Path) -> RawData:
    """Generate the dataset.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: sizes and seed.
        downloads: not used.
    Raises:
        UserError: the settings ask for more sentences or adjuncts than the grammar has.
    """
    limit = len(grammar.SLOTS)
    if settings.probe_adjuncts[1] > limit:
        raise UserError(f"datasets.{name}.probe_adjuncts: the grammar has slots for {limit} adjuncts; lower it to {limit}")
    generator = Generator(name, settings)
    sizes = (settings.train_size, settings.valid_size, settings.test_size)
    splits = {split: generator.split(size) for split, size in zip(SPLITS, sizes, strict=True)}
    return RawData(
        source="sentences",
        classes=grammar.KINDS,
        splits={split: row_batches(_rows(split, sentences)) for split, sentences in splits.items()},
        probes=probe_batches(_probes(generator, splits["train"], settings)),
        gold_orders=True,
        notes={
            "fronted_pairs": sorted(" ".join(grammar.PAIRS[pair].nouns) for pair in generator.fronted_pairs),
            "longest_train": max(sentence.length for sentence in splits["train"]),
        },
    )


class Generator:
    """Draws sentences, from one stream of chance; no meaning is drawn twice.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: sizes and seed.
    Attributes:
        fronted_pairs: indices of the noun pairs whose compounds training shows after a fronted adjunct alone; the
            others it shows without one alone.
    """

    def __init__(self, name: str, settings: SentencesSettings) -> None:
        self._random = numpy_generator(settings.seed, "sentences")
        self._name = name
        self._adjuncts = settings.adjuncts
        self._drawn: set[Meaning] = set()
        count = len(grammar.PAIRS)
        # By pairs: were a pair's compounds in different halves, a front or its lack would tell one from the other.
        self.fronted_pairs = frozenset(self._random.permutation(count)[: count // 2].tolist())

    def trained_front(self, predicate: Predicate) -> bool | None:
        """Whether training shows this after a fronted adjunct alone (True), without one alone (False), or both."""
        return None if predicate.pair is None else predicate.pair in self.fronted_pairs

    def split(self, size: int) -> list[Sentence]:
        """Sentences as training has them."""
        meanings = [self.meaning(*self._adjuncts) for _ in range(size)]
        return [self.say(meaning, self.trained_front(meaning.predicate)) for meaning in meanings]

    def meaning(self, fewest: int, most: int, *, compound: bool = False) -> Meaning:
        """A meaning with `fewest` to `most` adjuncts, whose object is a compound or anything."""
        for _ in range(PATIENCE):
            predicate = self._compound() if compound else self._predicate()
            low = max(fewest, 1 if self.trained_front(predicate) else 0)
            high = min(most, len(predicate.slots))
            if low > high:
                continue
            meaning = self._compose(predicate, int(self._random.integers(low, high + 1)))
            if self._is_new(meaning):
                return meaning
        raise UserError(
            f"datasets.{self._name}: the grammar has no more sentences of {fewest} to {most} adjuncts; "
            "lower the sizes or raise adjuncts"
        )

    def pair(self, fewest: int, most: int) -> tuple[Meaning, Meaning]:
        """Two meanings that differ by the order of the object's compound alone."""
        while True:
            meaning = self.meaning(fewest, most, compound=True)
            reverse = meaning._replace(predicate=grammar.reverse(meaning.predicate))
            if self._is_new(reverse):
                return meaning, reverse

    def order(self, adjuncts: Sequence[str], front: bool | None) -> Order:
        """An order: each adjunct first or last; at least one first (True), none (False), or as it falls (None)."""
        shuffled = [adjuncts[place] for place in self._random.permutation(len(adjuncts))]
        if front is False:
            return Order((), tuple(shuffled))
        is_first = self._random.random(len(shuffled)) < 0.5
        if front and not is_first.any():
            is_first[self._random.integers(len(shuffled))] = True
        return Order(
            tuple(adjunct for adjunct, first in zip(shuffled, is_first, strict=True) if first),
            tuple(adjunct for adjunct, first in zip(shuffled, is_first, strict=True) if not first),
        )

    def orders(self, adjuncts: Sequence[str]) -> list[Order]:
        """All orders of the adjuncts, or `ORDERS_PER_GROUP` of them where there are more."""
        if grammar.count_orders(len(adjuncts)) <= ORDERS_PER_GROUP:
            return grammar.orders(adjuncts)
        chosen: dict[Order, None] = {}
        while len(chosen) < ORDERS_PER_GROUP:
            chosen[self.order(adjuncts, None)] = None
        return list(chosen)

    def say(self, meaning: Meaning, front: bool | None) -> Sentence:
        """A meaning in an order as `order` draws it."""
        return grammar.realise(meaning, self.order(meaning.adjuncts, front))

    def _is_new(self, meaning: Meaning) -> bool:
        known = len(self._drawn)
        self._drawn.add(meaning)
        return len(self._drawn) > known

    def _compound(self) -> Predicate:
        return self._pick(self._pick(grammar.PAIRS).compounds)

    def _predicate(self) -> Predicate:
        kind = self._random.random()
        if kind < WEATHER_SHARE:
            return self._pick(grammar.WEATHER)
        return self._pick(grammar.SIMPLE_OBJECTS) if kind < WEATHER_SHARE + SIMPLE_SHARE else self._compound()

    def _compose(self, predicate: Predicate, adjuncts: int) -> Meaning:
        slots = sorted(self._random.choice(len(predicate.slots), size=adjuncts, replace=False).tolist())
        chosen = tuple(self._pick(predicate.slots[slot]) for slot in slots)
        return Meaning(self._pick(predicate.subjects), self._pick(predicate.verbs), predicate, chosen)

    def _pick(self, options: Sequence[Option]) -> Option:
        return options[self._random.integers(len(options))]


def _rows(split: str, sentences: list[Sentence]) -> Iterator[Row]:
    for index, sentence in enumerate(sentences):
        yield Row(f"{split}-{index:06d}", sentence.text, sentence.meaning.predicate.label)


def _probes(generator: Generator, train: list[Sentence], settings: SentencesSettings) -> Iterator[Probe]:
    most = settings.adjuncts[1]
    fewest = max(1, settings.adjuncts[0])
    for index in range(settings.probe_groups):
        meaning = generator.meaning(fewest, most)
        for member, order in enumerate(generator.orders(meaning.adjuncts)):
            yield _probe("invariance", index, member, grammar.realise(meaning, order))
    for index in range(settings.probe_groups):
        meaning, reverse = generator.pair(settings.adjuncts[0], most)
        order = generator.order(meaning.adjuncts, None)
        yield _probe("sensitivity", index, 0, grammar.realise(meaning, order))
        yield _probe("sensitivity", index, 1, grammar.realise(reverse, order))
    yield from _position_probes(generator, train, settings)
    longest = max(sentence.length for sentence in train)
    counts = range(settings.probe_adjuncts[0], settings.probe_adjuncts[1] + 1)
    for index in range(settings.probe_groups):
        yield _probe("length", index, 0, _longer(generator, counts[index % len(counts)], longest))


def _position_probes(generator: Generator, train: list[Sentence], settings: SentencesSettings) -> Iterator[Probe]:
    """Held-out meanings, each said once with its compound where training has it and once where it never has."""
    seen: dict[str, set[int]] = defaultdict(set)
    for sentence in train:
        seen[sentence.meaning.predicate.phrase].add(sentence.position)
    for index in range(settings.probe_groups):
        for _ in range(PATIENCE):
            meaning = generator.meaning(max(1, settings.adjuncts[0]), settings.adjuncts[1], compound=True)
            front = generator.trained_front(meaning.predicate)
            usual, unusual = generator.say(meaning, front), generator.say(meaning, not front)
            positions = seen[meaning.predicate.phrase]
            if usual.position in positions and unusual.position not in positions:
                yield _probe("position_seen", index, 0, usual)
                yield _probe("position_unseen", index, 0, unusual)
                break
        else:
            raise UserError("")


def _longer(generator: Generator, adjuncts: int, longest: int) -> Sentence:
    """A sentence of so many adjuncts that has more tokens than `longest`, its compound fronted or not as trained."""
    while True:
        meaning = generator.meaning(adjuncts, adjuncts, compound=True)
        sentence = generator.say(meaning, generator.trained_front(meaning.predicate))
        if sentence.length > longest:
            return sentence


def _probe(kind: str, index: int, member: int, sentence: Sentence) -> Probe:
    group = f"{kind}-{index:06d}"
    label = sentence.meaning.predicate.label
    return Probe(f"{group}-{member}", group, kind, member, sentence.text, label, sentence.position)
