import itertools

import numpy as np
import pytest

from tests.sources.formal.oracles import oracle
from timeshare.sources.formal.tasks import TASKS, Symbols, Task


def symbols_of(task: Task, text: str) -> Symbols:
    return np.array([task.symbols.index(symbol) for symbol in text.split()], dtype=np.int8)


def every_sequence(task: Task, length: int) -> Symbols:
    if task is TASKS["modular_arithmetic"]:
        choices = [range(5) if place % 2 == 0 else range(5, 8) for place in range(length)]
    else:
        choices = [range(len(task.symbols))] * length
    return np.array(list(itertools.product(*choices)), dtype=np.int8)


@pytest.mark.parametrize("name", TASKS)
def test_labels_of_all_short_sequences_equal_the_oracle(name: str) -> None:
    task = TASKS[name]
    for length in task.lengths(1, 5):
        sequences = every_sequence(task, length)
        assert len(sequences) == task.count(length)
        assert task.label(sequences).tolist() == [oracle(name, task.text(sequence)) for sequence in sequences]


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("length", [41, 499])
def test_labels_of_long_sequences_equal_the_oracle(name: str, length: int) -> None:
    task = TASKS[name]
    sequences = task.sample(np.random.default_rng(1), 50, length)
    assert sequences.shape == (50, length)
    labels = task.label(sequences)
    assert labels.tolist() == [oracle(name, task.text(sequence)) for sequence in sequences]
    assert set(labels.tolist()) == set(range(task.classes))


@pytest.mark.parametrize(
    ("name", "text", "label"),
    [
        ("parity_check", "1 0 1 0 1 0 0", 1),
        ("even_pairs", "0 1 0 0 1", 1),
        ("even_pairs", "1", 0),
        ("cycle_navigation", "2 2 0 1", 1),
        ("cycle_navigation", "0", 4),
        ("modular_arithmetic", "1 + 2 * 3 - 4", 3),
        ("modular_arithmetic", "1 - 2 - 3 * 4", 2),
    ],
)
def test_worked_examples(name: str, text: str, label: int) -> None:
    task = TASKS[name]
    assert task.label(symbols_of(task, text)[np.newaxis]).tolist() == [label] == [oracle(name, text)]


@pytest.mark.parametrize("name", TASKS)
def test_symbols_are_uniform(name: str) -> None:
    task = TASKS[name]
    sequences = task.sample(np.random.default_rng(2), 3000, 5)
    for column in sequences.T:
        _, counts = np.unique(column, return_counts=True)
        assert len(counts) in {2, 3, 5}
        assert counts.min() > 0.85 * 3000 / len(counts)


def test_modular_arithmetic_has_odd_lengths_alone() -> None:
    task = TASKS["modular_arithmetic"]
    assert task.lengths(40, 45) == [41, 43, 45]
    assert task.lengths(2, 2) == []
    text = task.text(task.sample(np.random.default_rng(0), 1, 9)[0]).split()
    assert all(symbol in "01234" for symbol in text[::2])
    assert all(symbol in "+-*" for symbol in text[1::2])


@pytest.mark.parametrize("name", TASKS)
def test_keeping_reorders_the_same_symbols_under_the_same_label(name: str) -> None:
    task, random = TASKS[name], np.random.default_rng(3)
    moved = 0
    for sequence in task.sample(random, 300, 11):
        reordered = task.keeping(sequence, random)
        assert sorted(reordered.tolist()) == sorted(sequence.tolist())
        assert oracle(name, task.text(reordered)) == oracle(name, task.text(sequence))
        moved += task.text(reordered) != task.text(sequence)
    assert moved > 200


def test_keeping_of_arithmetic_reaches_factors_and_terms_of_either_sign() -> None:
    task, random = TASKS["modular_arithmetic"], np.random.default_rng(4)
    sequence = symbols_of(task, "1 - 2 * 3 + 4 - 0")
    reached = {task.text(task.keeping(sequence, random)) for _ in range(200)}
    assert reached == {
        f"{first} - {second} + {third} - {fourth}"
        for first, third in (("1", "4"), ("4", "1"))
        for product in ("2 * 3", "3 * 2")
        for second, fourth in ((product, "0"), ("0", product))
    }


@pytest.mark.parametrize("name", ["even_pairs", "modular_arithmetic"])
def test_changing_reorders_the_same_symbols_and_often_changes_the_label(name: str) -> None:
    task, random = TASKS[name], np.random.default_rng(5)
    assert task.order_matters
    changed = 0
    for sequence in task.sample(random, 300, 11):
        reordered = task.changing(sequence, random)
        assert sorted(reordered.tolist()) == sorted(sequence.tolist())
        changed += oracle(name, task.text(reordered)) != oracle(name, task.text(sequence))
    assert changed > 150


@pytest.mark.parametrize("name", ["parity_check", "cycle_navigation"])
def test_no_order_changes_a_sum(name: str) -> None:
    task = TASKS[name]
    assert not task.order_matters
    with pytest.raises(ValueError, match="no reordering changes a label"):
        task.changing(np.zeros(3, dtype=np.int8), np.random.default_rng(0))


def test_one_symbol_and_equal_symbols_are_left_alone() -> None:
    random = np.random.default_rng(6)
    for length in (1, 2, 5):
        for name in ("even_pairs", "modular_arithmetic"):
            sequence = np.zeros(length, dtype=np.int8)
            sequence[1::2] = 5 if name == "modular_arithmetic" else 0
            if length % 2 or name == "even_pairs":
                assert TASKS[name].changing(sequence, random).tolist() == sequence.tolist()
                assert TASKS[name].keeping(sequence, random).tolist() == sequence.tolist()
