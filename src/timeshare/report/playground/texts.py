"""What the page offers to read: pairs of texts, texts of the test data, and what may be moved in a text."""

import base64
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from timeshare.core.prepared.store import PreparedData, Split
from timeshare.core.prepared.text import UNKNOWN
from timeshare.evaluate.suites import Suite

Words = tuple[str, ...]

MOST_SAMPLES = 60
MOST_PHRASES = 200
# A phrase that has been moved in fewer groups of probes is a clause of one sentence.
FEWEST_GROUPS = 3


def texts_of(data: PreparedData, suite: Suite | None) -> dict[str, Any]:
    """The texts of some data as JSON.

    `movable` are phrases that may stand first or last, and `swaps` two words side by side that mean another class the
    other way round, with each order's class: both are what the probes of the data show. `places` is a bit for each word
    of the vocabulary and each place up to the longest training text: whether training had this word there.

    Args:
        data: with the splits train, test and probes.
        suite: hand-written cases of the data; its pairs come first.
    """
    groups = _probes(data)
    return {
        "examples": [*_pairs(suite), *_longer(groups, data.meta["longest_train"])],
        "samples": list(_samples(data, data.split("test"))),
        "movable": _movable(groups.get("invariance", {})),
        "swaps": _swaps(groups.get("sensitivity", {})),
        "places": _places(data, data.split("train")),
    }


def _pairs(suite: Suite | None) -> Iterator[dict[str, Any]]:
    for case in suite.cases.values() if suite else ():
        if case.expect in ("same", "different") and case.labels is not None:
            yield {"texts": case.texts[:2], "labels": case.labels[:2]}


def _longer(groups: Mapping[str, Mapping[str, Sequence[tuple[Words, str]]]], longest: int) -> Iterator[dict[str, Any]]:
    """The shortest text that is longer than all of training."""
    beyond = [probe for members in groups.get("length", {}).values() for probe in members if len(probe[0]) > longest]
    if beyond:
        words, label = min(beyond, key=lambda probe: len(probe[0]))
        yield {"texts": [" ".join(words)], "labels": [label], "more": len(words) - longest}


def _samples(data: PreparedData, test: Split) -> Iterator[dict[str, str]]:
    found = dict(_rows(data, test, MOST_SAMPLES))
    labels = test.labels()
    for row in sorted(found):
        yield {"text": " ".join(found[row]), "label": data.meta["classes"][labels[row]]}


def _probes(data: PreparedData) -> dict[str, dict[str, list[tuple[Words, str]]]]:
    """The probes by kind and group, in order, each with its class; without those that hold unknown words."""
    table = data.rows("probes").select(["kind", "group", "label"]).to_pylist()
    words = dict(_rows(data, data.split("probes"), len(table)))
    found: dict[str, dict[str, list[tuple[Words, str]]]] = defaultdict(lambda: defaultdict(list))
    for row, probe in enumerate(table):
        if row in words:
            found[probe["kind"]][probe["group"]].append((words[row], probe["label"]))
    return found


def _rows(data: PreparedData, split: Split, below: int) -> Iterator[tuple[int, Words]]:
    """The words of the rows before `below` of a split, by row; without those that hold unknown words."""
    for bucket in split.buckets:
        starts = split.starts(bucket)
        for place in np.flatnonzero(bucket.rows < below):
            ids = bucket.tokens[place, starts[place] : starts[place] + bucket.lengths[place]]
            if not (ids == UNKNOWN).any():
                yield int(bucket.rows[place]), tuple(data.vocabulary.tokens[id] for id in ids)


def _movable(groups: Mapping[str, Sequence[tuple[Words, str]]]) -> list[str]:
    """Phrases with which one order of a meaning begins, and another ends, the rest being the same."""
    moved: Counter[Words] = Counter()
    for members in groups.values():
        orders = {words for words, _ in members}
        found = set()
        for words in orders:
            for cut in range(1, len(words) // 2 + 1):
                found |= {words[:cut]} if words[cut:] + words[:cut] in orders else set()
        moved.update(found)
    often = [phrase for phrase, count in moved.items() if count >= FEWEST_GROUPS]
    return [" ".join(phrase) for phrase in sorted(often, key=lambda phrase: (-moved[phrase], phrase))[:MOST_PHRASES]]


def _swaps(groups: Mapping[str, Sequence[tuple[Words, str]]]) -> dict[str, str]:
    """Two words -> the class of a text that has them in this order, from pairs of texts that differ by it alone."""
    found: dict[str, str] = {}
    for (one, label), (other, other_label) in (members for members in groups.values() if len(members) == 2):
        apart = [place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
        if len(one) == len(other) and len(apart) == 2 and apart[1] == apart[0] + 1:
            first, second = one[apart[0]], one[apart[1]]
            if (first, second) == (other[apart[1]], other[apart[0]]):
                found |= {f"{first} {second}": label, f"{second} {first}": other_label}
    return dict(sorted(found.items()))


def _places(data: PreparedData, train: Split) -> str:
    """Bits [V - 2, longest], the lowest of a byte first, in base64."""
    seen = np.zeros((len(data.vocabulary), data.meta["longest_train"]), bool)
    for bucket in train.buckets:
        starts = train.starts(bucket)
        for place in range(int(bucket.lengths.max())):
            rows = np.flatnonzero(bucket.lengths > place)
            seen[bucket.tokens[rows, starts[rows] + place], place] = True
    return base64.b64encode(np.packbits(seen[2:], bitorder="little").tobytes()).decode("ascii")
