"""What the sources of real text share: splits, the length split, and the probes that need no gold orders.

Texts are streamed, twice or more: once to learn each row's label, length and words (as a hash), and then to route
every row to its table. Between the passes a row takes 24 bytes.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.core.seeding import numpy_generator
from timeshare.sources.raw import SPLITS, Probe, RawData, Row, probe_batches, row_batches
from timeshare.sources.realtext.probes import moved_pair, shuffle_probes
from timeshare.sources.realtext.settings import RealTextSettings
from timeshare.sources.realtext.splits import TEST, TRAIN, VALID, Facts, spread, stratified

# Destinations beside the splits: too long for training, with and without a place among the probes.
LONG, LEFT_OUT = 3, 4


def text_hash(text: str) -> int:
    """A 64-bit hash; of tokens joined by spaces it is equal for the texts that a model cannot tell apart."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def assemble(
    name: str,
    settings: RealTextSettings,
    classes: Sequence[str],
    facts: Facts,
    rows: Callable[[], Iterator[Row]],
    notes: Mapping[str, Any],
    *,
    strict: bool = False,
) -> RawData:
    """Route rows to the splits and the probes.

    Args:
        name: the dataset's name in the catalogue.
        settings: shares, quantile, probes and seed.
        classes: the labels, sorted.
        facts: of each row.
        rows: starts a new pass over the rows, in the order of `facts`.
        notes: of the source.
        strict: whether a class without a short text is an error; otherwise its shortest text is trained on.
    Raises:
        UserError: a split would be empty, or train would lack a class.
    """
    quantile = length_bound(facts, settings.length_quantile)
    bound = quantile if strict else max(quantile, shortest_of_classes(facts))
    destinations = route(facts, bound, settings)
    _check(name, classes, facts, destinations, settings)
    remarks = [
        *(_raised(name, settings, quantile, bound) if bound > quantile else []),
        *spread(f"datasets.{name}", classes, facts, destinations, settings.split),
    ]
    return RawData(
        classes=tuple(classes),
        splits={split: row_batches(_going_to(index, destinations, rows)) for index, split in enumerate(SPLITS)},
        probes=probe_batches(_probes(destinations, rows, settings)),
        gold_orders=False,
        notes={
            **notes,
            "longest_trained": bound,
            "too_long_for_training": int(np.isin(destinations, (LONG, LEFT_OUT)).sum()),
            "repeated_texts": len(facts.keys) - len(np.unique(facts.keys)),
        },
        remarks=remarks,
    )


def length_bound(facts: Facts, quantile: float) -> int:
    """The least length, in tokens, that covers this share of the rows given for training."""
    return int(np.quantile(facts.lengths[facts.given == TRAIN], quantile, method="inverted_cdf"))


def shortest_of_classes(facts: Facts) -> int:
    """The least length, in tokens, at which each class has a row among those given for training."""
    given = facts.given == TRAIN
    shortest = np.full(int(facts.labels.max()) + 1, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(shortest, facts.labels[given], facts.lengths[given])
    return int(shortest[np.unique(facts.labels[given])].max())


def route(facts: Facts, bound: int, settings: RealTextSettings) -> NDArray[np.int8]:
    """Where each row goes: to a split, to the length probes (`LONG`), or nowhere (`LEFT_OUT`); int8 [N].

    Rows of more than `bound` tokens become length probes, a sample of them if there are many. If valid or test is not
    given, it takes its share of each class of the rows given for training; rows of equal tokens stay together.
    """
    random = numpy_generator(settings.seed, settings.source, "routes")
    destinations = facts.given.copy()
    long = np.flatnonzero(facts.lengths > bound)
    destinations[long] = LONG
    if len(long) > settings.length_probes:
        destinations[random.permutation(long)[settings.length_probes :]] = LEFT_OUT
    missing = [split for split in (VALID, TEST) if not (facts.given == split).any()]
    shares = {split: settings.split[split - 1] for split in missing}
    pool = np.flatnonzero(destinations == TRAIN)
    destinations[pool] = stratified(facts.labels[pool], facts.keys[pool], shares, random)
    return destinations


def _raised(name: str, settings: RealTextSettings, quantile: int, bound: int) -> Iterator[str]:
    yield (
        f"datasets.{name}: texts of up to {bound} tokens are trained on, not of up to {quantile} as length_quantile "
        f"{settings.length_quantile:g} would have it: a class has no shorter text"
    )


def _check(
    name: str, classes: Sequence[str], facts: Facts, destinations: NDArray[np.int8], settings: RealTextSettings
) -> None:
    for index, split in enumerate(SPLITS):
        if not (destinations == index).any():
            if 2 * len(classes) > len(destinations) > 1 / min(settings.split):
                raise UserError(
                    f"datasets.{name}: {len(classes)} classes in {len(destinations)} rows leave no text for {split}; "
                    "add rows, or name the column of classes"
                )
            raise UserError(f"datasets.{name}: too few rows, {split} would be empty; add rows or raise its share")
    trained = np.unique(facts.labels[destinations == TRAIN])
    lacking = [label for index, label in enumerate(classes) if index not in trained]
    if lacking:
        raise UserError(
            f"datasets.{name}: no training text short enough has the label '{lacking[0]}'; "
            "add some or raise length_quantile"
        )


def _going_to(destination: int, destinations: NDArray[np.int8], rows: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    for row, going_to in zip(rows(), destinations, strict=True):
        if going_to == destination:
            yield row


def _probes(
    destinations: NDArray[np.int8], rows: Callable[[], Iterator[Row]], settings: RealTextSettings
) -> Iterator[Probe]:
    tokenise = tokeniser_of(settings.tokeniser)
    random = numpy_generator(settings.seed, settings.source, "shuffles")
    test = np.flatnonzero(destinations == TEST)
    count = min(settings.probe_texts, len(test))
    chosen = frozenset(random.choice(test, size=count, replace=False).tolist())
    shuffled: list[Row] = []
    moved: list[Probe] = []
    long: list[Row] = []
    for index, (row, destination) in enumerate(zip(rows(), destinations.tolist(), strict=True)):
        if index in chosen:
            shuffled.append(row)
        if destination == LONG:
            long.append(row)
        # Few texts qualify, so those of valid count too: no model was trained on them.
        elif destination in (VALID, TEST) and len(moved) < 2 * settings.probe_texts:
            moved.extend(moved_pair(f"{SPLITS[destination]}-{row.id}", row, tokenise))
    yield from shuffle_probes(shuffled, tokenise, settings.shuffle_sizes, settings.permutations, random)
    yield from moved
    for index, row in enumerate(long):
        yield Probe(f"length-{index:06d}", row.id, "length", 0, row.text, row.label)
