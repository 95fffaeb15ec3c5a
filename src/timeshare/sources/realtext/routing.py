"""What the sources of real text share: splits, the length split, and the probes that need no gold orders.

Texts are streamed, twice or more: once to learn each row's label, length and words (as a hash), and then to route
every row to its table. Between the passes a row takes 24 bytes.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeshare.core.config.errors import UserError
from timeshare.core.seeding import numpy_generator
from timeshare.sources.raw import SPLITS, Probe, RawData, Row, probe_batches, row_batches
from timeshare.sources.realtext.probes import moved_pair, shuffle_probes
from timeshare.sources.realtext.settings import RealTextSettings

TRAIN, VALID, TEST = range(len(SPLITS))
# Destinations beside the splits: too long for training, with and without a place among the probes.
LONG, LEFT_OUT = 3, 4


@dataclass(frozen=True)
class Facts:
    """What routing needs to know of each row, in the order of the rows.

    Attributes:
        labels: int32 [N], class indices.
        lengths: int32 [N], in tokens.
        keys: uint64 [N], `text_hash` of the tokens joined by spaces.
        given: int8 [N], the split of the file that holds the row.
    """

    labels: NDArray[np.int32]
    lengths: NDArray[np.int32]
    keys: NDArray[np.uint64]
    given: NDArray[np.int8]


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
) -> RawData:
    """Route rows to the splits and the probes.

    Args:
        name: the dataset's name in the catalogue.
        settings: shares, quantile, probes and seed.
        classes: the labels, sorted.
        facts: of each row.
        rows: starts a new pass over the rows, in the order of `facts`.
        notes: of the source.
    Raises:
        UserError: a split would be empty, or train would lack a class.
    """
    bound = length_bound(facts, settings.length_quantile)
    destinations = route(facts, bound, settings)
    _check(name, classes, facts, destinations)
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
    )


def length_bound(facts: Facts, quantile: float) -> int:
    """The least length, in tokens, that covers this share of the rows given for training."""
    return int(np.quantile(facts.lengths[facts.given == TRAIN], quantile, method="inverted_cdf"))


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


def stratified(
    labels: NDArray[np.int32], keys: NDArray[np.uint64], shares: Mapping[int, float], random: np.random.Generator
) -> NDArray[np.int8]:
    """Split codes such that each code has its share of each label's distinct texts, rounded down; the rest is train.

    Args:
        labels: [N].
        keys: [N]; rows of one key get one code.
        shares: of each code but train's, together less than 1.
        random: the stream of chance.
    Returns:
        int8 [N].
    """
    _, first, text_of_row = np.unique(keys, return_index=True, return_inverse=True)
    label_of_text = labels[first]
    codes = np.full(len(first), TRAIN, dtype=np.int8)
    for label in np.unique(label_of_text):
        texts = random.permutation(np.flatnonzero(label_of_text == label))
        start = 0
        for code, share in shares.items():
            # 0.29 * 100 is a little under 29.
            end = start + math.floor(share * len(texts) + 1e-9)
            codes[texts[start:end]] = code
            start = end
    return codes[text_of_row]


def _check(name: str, classes: Sequence[str], facts: Facts, destinations: NDArray[np.int8]) -> None:
    for index, split in enumerate(SPLITS):
        if not (destinations == index).any():
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
            moved.extend(moved_pair(f"{SPLITS[destination]}-{row.id}", row))
    yield from shuffle_probes(shuffled, settings.shuffle_sizes, settings.permutations, random)
    yield from moved
    for index, row in enumerate(long):
        yield Probe(f"length-{index:06d}", row.id, "length", 0, row.text, row.label)
