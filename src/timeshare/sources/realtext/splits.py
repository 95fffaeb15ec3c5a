"""Which rows go to which split: by share and class, and what the splits then lack."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from timeshare.core.config.errors import quoted
from timeshare.sources.raw import SPLITS

TRAIN, VALID, TEST = range(len(SPLITS))
_NEGLIGIBLE = 0.01  # of a split


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


def stratified(
    labels: NDArray[np.int32], keys: NDArray[np.uint64], shares: Mapping[int, float], random: np.random.Generator
) -> NDArray[np.int8]:
    """Split codes such that each has its share of the distinct texts, and of those of each label; the rest is train.

    A label gives each code its share, rounded down, and some labels one text more where the code would have too few
    in all: those that have given least for what they have. Train keeps a text of each label.

    Args:
        labels: [N].
        keys: [N]; rows of one key get one code, and count for the label of the first of them.
        shares: of each code but train's, together less than 1.
        random: the stream of chance.
    Returns:
        int8 [N].
    """
    _, first, text_of_row = np.unique(keys, return_index=True, return_inverse=True)
    label_of_text = labels[first]
    codes = np.full(len(first), TRAIN, dtype=np.int8)
    present, counts = np.unique(label_of_text, return_counts=True)
    of_labels = np.split(np.argsort(label_of_text, kind="stable"), np.cumsum(counts)[:-1])
    drawn = [random.permutation(texts) for texts in of_labels]
    # A label that stands only beside others, on rows of their texts, needs one of these in train.
    kept = [int(text_of_row[np.argmax(labels == label)]) for label in np.setdiff1d(labels, present)]
    drawn = [texts[~np.isin(texts, kept)] if kept else texts for texts in drawn]
    room = np.array([len(texts) for texts in drawn])
    room -= room == counts
    taken = np.zeros(len(present), dtype=np.int64)
    due = np.zeros(len(present))
    for code, share in shares.items():
        due += share * counts
        take = np.minimum(_whole(share * counts), room - taken)
        target = int(_whole(np.array(share * len(first))))
        lacking = target - int(take.sum())
        # A few texts of many, lost where a few large classes are rounded, leave the split as it is.
        if lacking > _NEGLIGIBLE * target:
            order = np.lexsort((random.random(len(present)), taken + take - due))
            take[order[(taken + take < room)[order]][:lacking]] += 1
        for texts, start, end in zip(drawn, taken.tolist(), (taken + take).tolist(), strict=True):
            codes[texts[start:end]] = code
        taken += take
    return codes[text_of_row]


def _whole(numbers: np.ndarray) -> NDArray[np.int64]:
    # 0.29 * 100 is a little under 29.
    return np.floor(numbers + 1e-9).astype(np.int64)


def spread(
    where: str, classes: Sequence[str], facts: Facts, destinations: NDArray[np.int8], shares: tuple[float, float]
) -> Iterator[str]:
    """Sentences on what the splits lack.

    Args:
        where: what they begin with.
        classes: the labels, by index.
        facts: of the rows.
        destinations: [N], where the rows go.
        shares: of valid and test, where these were not given.
    """
    rows = np.stack([np.bincount(facts.labels[destinations == split], minlength=len(classes)) for split in range(3)])
    drawn = [split for split in (VALID, TEST) if not (facts.given == split).any()]
    single = [classes[index] for index in np.flatnonzero(rows.sum(axis=0) == 1).tolist()]
    if single and drawn:
        whose = "class has" if len(single) == 1 else "classes have"
        yield f"{where}: {len(single)} {whose} a single text to train on, which stays in train: {quoted(single)}"
    pool = np.unique(facts.keys[np.isin(destinations, [TRAIN, *drawn])])
    for split in (VALID, TEST):
        lacking = [classes[index] for index in np.flatnonzero(rows[split] == 0).tolist()]
        if not lacking:
            continue
        of = f"{len(lacking)} of {len(classes)} classes: {quoted(lacking)}"
        sentence = f"{where}: {SPLITS[split]} has no text of {of}"
        has, due = len(np.unique(facts.keys[destinations == split])), shares[split - 1] * len(pool)
        if split in drawn and has < 0.9 * due:
            sentence += f"; it has {has} texts, not {due:.0f}, since classes of few texts have none to give"
        yield sentence
