"""What the page offers to read: pairs of texts, texts of the test data, and what may be moved in a text."""

import base64
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from timeshare.core.prepared.store import PreparedData, Split
from timeshare.core.prepared.text import UNKNOWN
from timeshare.evaluate.suites import Suite

Words = tuple[str, ...]


class _Probe(NamedTuple):
    """A probe's words, its class, and the place of the word that decides it; -1: of none."""

    words: Words
    label: str
    position: int


_Groups = Mapping[str, Sequence[_Probe]]

MOST_SAMPLES = 60
MOST_PHRASES = 200
# Where no word is known to decide: a phrase that has been moved in fewer groups of probes is a clause of one sentence.
FEWEST_GROUPS = 3
# It stays at the end, whatever is moved.
FULL_STOP = "."


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


def _longer(groups: Mapping[str, _Groups], longest: int) -> Iterator[dict[str, Any]]:
    """The shortest text that is longer than all of training."""
    probes = [probe for members in groups.get("length", {}).values() for probe in members]
    beyond = [probe for probe in probes if len(probe.words) > longest]
    if beyond:
        words, label, _ = min(beyond, key=lambda probe: len(probe.words))
        yield {"texts": [" ".join(words)], "labels": [label], "more": len(words) - longest}


def _samples(data: PreparedData, test: Split) -> Iterator[dict[str, str]]:
    found = dict(_rows(data, test, MOST_SAMPLES))
    labels = test.labels()
    for row in sorted(found):
        yield {"text": " ".join(found[row]), "label": data.meta["classes"][labels[row]]}


def _probes(data: PreparedData) -> dict[str, dict[str, list[_Probe]]]:
    """The probes by kind and group, in order, each with its class; without those that hold unknown words."""
    table = data.rows("probes").select(["kind", "group", "label", "position"]).to_pylist()
    words = dict(_rows(data, data.split("probes"), len(table)))
    found: dict[str, dict[str, list[_Probe]]] = defaultdict(lambda: defaultdict(list))
    for row, probe in enumerate(table):
        if row in words:
            found[probe["kind"]][probe["group"]].append(_Probe(words[row], probe["label"], probe["position"]))
    return found


def _rows(data: PreparedData, split: Split, below: int) -> Iterator[tuple[int, Words]]:
    """The words of the rows before `below` of a split, by row; without those that hold unknown words."""
    for bucket in split.buckets:
        starts = split.starts(bucket)
        for place in np.flatnonzero(bucket.rows < below):
            ids = bucket.tokens[place, starts[place] : starts[place] + bucket.lengths[place]]
            if not (ids == UNKNOWN).any():
                yield int(bucket.rows[place]), tuple(data.vocabulary.tokens[id] for id in ids)


def _movable(groups: _Groups) -> list[str]:
    """Phrases with which one order of a meaning begins, and another ends, the rest being the same.

    The word that decides the label is in none of them, and no phrase is two others.
    """
    moved: Counter[Words] = Counter()
    known: set[Words] = set()
    for members in groups.values():
        orders = {words for words, _, _ in members}
        found = set()
        for words, _, position in members:
            end = len(words) - (words[-1] == FULL_STOP)
            for cut in range(1, (end // 2 if position < 0 else position) + 1):
                if (*words[cut:end], *words[:cut], *words[end:]) in orders:
                    found.add(words[:cut])
                    known |= {words[:cut]} if position >= 0 else set()
        moved.update(found)
    often = {phrase for phrase, count in moved.items() if phrase in known or count >= FEWEST_GROUPS}
    often -= {phrase for phrase in often if any({phrase[:cut], phrase[cut:]} <= often for cut in range(1, len(phrase)))}
    return [" ".join(phrase) for phrase in sorted(often, key=lambda phrase: (-moved[phrase], phrase))[:MOST_PHRASES]]


def _swaps(groups: _Groups) -> dict[str, str]:
    """Two words -> the class of a text that has them in this order, from pairs of texts that differ by it alone."""
    found: dict[str, str] = {}
    for (one, label, _), (other, other_label, _) in (members for members in groups.values() if len(members) == 2):
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
