"""Source `formal`: sequences of a formal language task, at trained lengths and beyond.

Train, valid and test have lengths uniform in `train_lengths`. At a length with at least `ROOM` times as many sequences
as these tables take, no sequence is taken twice and none of train's is among the probes of order; shorter lengths have
too few sequences for that (8 of 3 bits), and theirs repeat.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from typing import NamedTuple

import numpy as np

from timeshare.core.config.errors import UserError
from timeshare.core.seeding import numpy_generator
from timeshare.sources.formal import FormalSettings
from timeshare.sources.formal.tasks import TASKS, Symbols, Task
from timeshare.sources.raw import SPLITS, Probe, RawData, Row, probe_batches, row_batches

# With a quarter of a length's sequences taken, a further one is still new three times in four.
ROOM = 4
# Texts of an invariance group, the original included.
ORDERS_PER_GROUP = 4
# Reorderings of one sequence that are tried before another sequence is drawn.
TRIES = 20
# Sequences in a row that must all fail to give a probe before none is thought to exist.
PATIENCE = 2000


class _Sample(NamedTuple):
    sequence: Symbols
    label: int


def read(name: str, settings: FormalSettings) -> RawData:
    """Generate the dataset.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: task, sizes, lengths and seed.
    Raises:
        UserError: the task has no sequences of the lengths asked for, or none with another order.
    """
    task = TASKS[settings.task]
    for key, bounds in (("train_lengths", settings.train_lengths), ("probe_lengths", settings.probe_lengths)):
        if not task.lengths(*bounds):
            raise UserError(f"datasets.{name}.{key}: {settings.task} has odd lengths alone; widen the range")
    sizes = (settings.train_size, settings.valid_size, settings.test_size)
    samples, roomy = _draw(task, settings, sum(sizes))
    ends = np.cumsum(sizes).tolist()
    splits = {split: samples[end - size : end] for split, size, end in zip(SPLITS, sizes, ends, strict=True)}
    trained = {sample.sequence.tobytes() for sample in splits["train"] if len(sample.sequence) in roomy}
    probes = [*_order_probes(name, task, settings, sorted(roomy), trained), *_length_probes(task, settings)]
    return RawData(
        classes=tuple(str(index) for index in range(task.classes)),
        splits={split: row_batches(_rows(task, split, members)) for split, members in splits.items()},
        probes=probe_batches(probes),
        gold_orders=True,
        notes={"task": settings.task, "taken_once_from_length": min(roomy, default=None)},
    )


def _draw(task: Task, settings: FormalSettings, total: int) -> tuple[list[_Sample], set[int]]:
    """The samples of all splits, and the lengths at which none of them occurs twice."""
    random = numpy_generator(settings.seed, "formal", "splits")
    lengths = random.choice(task.lengths(*settings.train_lengths), size=total)
    samples: dict[int, _Sample] = {}
    roomy = set()
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length).tolist()
        if task.count(length) >= ROOM * len(rows):
            roomy.add(length)
            sequences = _distinct(task, random, len(rows), length)
        else:
            sequences = task.sample(random, len(rows), length)
        samples.update(zip(rows, _labelled(task, sequences), strict=True))
    return [samples[row] for row in range(total)], roomy


def _distinct(task: Task, random: np.random.Generator, count: int, length: int) -> Symbols:
    drawn = task.sample(random, count, length)
    while True:
        _, first = np.unique(drawn, axis=0, return_index=True)
        drawn = drawn[np.sort(first)]
        if len(drawn) == count:
            return drawn
        drawn = np.concatenate([drawn, task.sample(random, count - len(drawn), length)])


def _labelled(task: Task, sequences: Symbols) -> list[_Sample]:
    return [_Sample(*pair) for pair in zip(sequences, task.label(sequences).tolist(), strict=True)]


def _rows(task: Task, split: str, samples: Sequence[_Sample]) -> Iterator[Row]:
    for index, sample in enumerate(samples):
        yield Row(f"{split}-{index:06d}", task.text(sample.sequence), str(sample.label))


def _order_probes(
    name: str, task: Task, settings: FormalSettings, roomy: Sequence[int], trained: Set[bytes]
) -> Iterator[Probe]:
    """Groups of reorderings that keep the label and, where order matters, pairs that change it; none was trained on."""
    random = numpy_generator(settings.seed, "formal", "orders")
    lengths = roomy or task.lengths(*settings.train_lengths)

    def keeping() -> Symbols | None:
        """Some orders of one sequence, int8 [2 to ORDERS_PER_GROUP, L]."""
        sequence = task.sample(random, 1, int(random.choice(lengths)))[0]
        orders = {sequence.tobytes(): sequence}
        for _ in range(TRIES):
            if len(orders) < ORDERS_PER_GROUP:
                reordered = task.keeping(sequence, random)
                orders[reordered.tobytes()] = reordered
        return np.stack(list(orders.values())) if len(orders) > 1 and trained.isdisjoint(orders) else None

    def changing() -> Symbols | None:
        """A sequence and a reordering of it with another label, int8 [2, L]."""
        sequence = task.sample(random, 1, int(random.choice(lengths)))[0]
        for _ in range(TRIES):
            pair = np.stack([sequence, task.changing(sequence, random)])
            first, second = task.label(pair).tolist()
            if first != second and trained.isdisjoint({each.tobytes() for each in pair}):
                return pair
        return None

    for kind, attempt in (("invariance", keeping), ("sensitivity", changing)):
        if kind == "sensitivity" and not task.order_matters:
            continue
        for index in range(settings.probe_groups):
            group = f"{kind}-{index:06d}"
            for place, sample in enumerate(_labelled(task, _until(name, attempt))):
                text = task.text(sample.sequence)
                yield Probe(f"{group}-{place}", group, kind, place, text, str(sample.label))


def _until(name: str, attempt: Callable[[], Symbols | None]) -> Symbols:
    for _ in range(PATIENCE):
        drawn = attempt()
        if drawn is not None:
            return drawn
    raise UserError(
        f"datasets.{name}: finds no sequences with another order that training lacks; "
        "raise the end of train_lengths, or lower train_size"
    )


def _length_probes(task: Task, settings: FormalSettings) -> Iterator[Probe]:
    random = numpy_generator(settings.seed, "formal", "lengths")
    for length in task.lengths(*settings.probe_lengths):
        sequences = task.sample(random, settings.probes_per_length, length)
        for index, sample in enumerate(_labelled(task, sequences)):
            group = f"length-{length:06d}-{index:06d}"
            yield Probe(group, group, "length", 0, task.text(sample.sequence), str(sample.label))
