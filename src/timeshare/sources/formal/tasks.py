"""Four sequence classification tasks with exact labels, after "Neural Networks and the Chomsky Hierarchy" (Deletang et
al., ICLR 2023).

A task is a sampler, a labelling rule, and reorderings whose effect on the label is known. Sequences are arrays of
symbol indices [N, L]; labels are arrays of class indices [N]. There is no empty symbol at the end: the classifier reads
its state after the last symbol.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

# Small on purpose: a long sequence's symbols are drawn and labelled by the million.
Symbols = NDArray[np.int8]
Labels = NDArray[np.int64]


class Task(ABC):
    """A formal language task.

    Attributes:
        symbols: the tokens; a symbol's index is its place here.
        classes: number of classes.
        order_matters: whether some reordering of a sequence changes its label.
    """

    symbols: ClassVar[tuple[str, ...]]
    classes: ClassVar[int]
    order_matters: ClassVar[bool]

    def lengths(self, low: int, high: int) -> list[int]:
        """The lengths from `low` to `high` at which the task has sequences."""
        return list(range(low, high + 1))

    def count(self, length: int) -> int:
        """How many different sequences of this length there are."""
        return int(len(self.symbols) ** length)

    def sample(self, random: np.random.Generator, count: int, length: int) -> Symbols:
        """`count` sequences, uniform and independent, int8 [count, length]."""
        return random.integers(len(self.symbols), size=(count, length), dtype=np.int8)

    @abstractmethod
    def label(self, sequences: Symbols) -> Labels:
        """The class of each sequence; int8 [N, L] -> int64 [N]."""

    @abstractmethod
    def keeping(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        """A random reordering of one sequence, int8 [L], that has the same label by the task's algebra."""

    def changing(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        """A random reordering of one sequence that may change its label.

        Raises:
            ValueError: no reordering can.
        """
        raise ValueError(f"no reordering changes a label of {type(self).__name__}")

    def text(self, sequence: Symbols) -> str:
        """The symbols, separated by spaces."""
        return " ".join(self.symbols[index] for index in sequence.tolist())


class ParityCheck(Task):
    """Is the number of ones odd? `1 0 1 0 1 0 0` -> 3 ones, odd -> class 1."""

    symbols = ("0", "1")
    classes = 2
    order_matters = False

    def label(self, sequences: Symbols) -> Labels:
        ones: Labels = sequences.sum(axis=1, dtype=np.int64)
        return ones % 2

    def keeping(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        return random.permutation(sequence)


class EvenPairs(Task):
    """Is the number of unequal neighbours odd? `0 1 0 0 1` -> 01, 10, 01 differ, 3, odd -> class 1.

    That is the case exactly if the first symbol differs from the last.
    """

    symbols = ("0", "1")
    classes = 2
    order_matters = True

    def label(self, sequences: Symbols) -> Labels:
        differs: Labels = (sequences[:, 0] != sequences[:, -1]).astype(np.int64)
        return differs

    def keeping(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        reordered = sequence.copy()
        reordered[1:-1] = random.permutation(sequence[1:-1])
        return reordered

    def changing(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        end = int(random.choice((0, len(sequence) - 1)))
        others = 1 + np.flatnonzero(sequence[1:-1] != sequence[end])
        reordered = sequence.copy()
        if len(others):
            inside = int(random.choice(others))
            reordered[[end, inside]] = sequence[[inside, end]]
        return reordered


class CycleNavigation(Task):
    """Where on a cycle of 5 do steps of -1 (`0`), 0 (`1`) and +1 (`2`) lead? `2 2 0 1` -> +1 +1 -1 +0 -> class 1."""

    symbols = ("0", "1", "2")
    classes = 5
    order_matters = False

    def label(self, sequences: Symbols) -> Labels:
        steps: Labels = sequences.sum(axis=1, dtype=np.int64) - sequences.shape[1]
        return steps % 5

    def keeping(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        return random.permutation(sequence)


class ModularArithmetic(Task):
    """What is the value modulo 5? `1 + 2 * 3 - 4` -> 1 + 6 - 4 = 3 -> class 3. Digits stand at even places."""

    symbols = ("0", "1", "2", "3", "4", "+", "-", "*")
    classes = 5
    order_matters = True
    _DIGITS = 5
    _MINUS = 6
    _TIMES = 7

    def lengths(self, low: int, high: int) -> list[int]:
        return [length for length in range(low, high + 1) if length % 2]

    def count(self, length: int) -> int:
        operators = length // 2
        return int(self._DIGITS ** (operators + 1) * 3**operators)

    def sample(self, random: np.random.Generator, count: int, length: int) -> Symbols:
        sequences = random.integers(self._DIGITS, size=(count, length), dtype=np.int8)
        sequences[:, 1::2] = random.integers(self._DIGITS, len(self.symbols), size=(count, length // 2), dtype=np.int8)
        return sequences

    def label(self, sequences: Symbols) -> Labels:
        # One pass from the left: the sum of the finished terms, and the term that `*` may still extend.
        total = np.zeros(len(sequences), dtype=np.int64)
        term = sequences[:, 0].astype(np.int64)
        for place in range(1, sequences.shape[1], 2):
            operator, digit = sequences[:, place], sequences[:, place + 1]
            times = operator == self._TIMES
            total = np.where(times, total, total + term) % 5
            term = np.where(times, term * digit, np.where(operator == self._MINUS, -digit, digit)) % 5
        return (total + term) % 5

    def keeping(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        """Permute the factors of each product, and the terms among those of the same sign."""
        signs, terms = self._terms(sequence)
        products = [random.permutation(term).tolist() for term in terms]
        reordered = list(products)
        for sign in (False, True):
            places = [place for place, is_minus in enumerate(signs) if is_minus is sign]
            for place, source in zip(places, random.permutation(places).astype(int).tolist(), strict=True):
                reordered[place] = products[source]
        return np.array(list(self._write(signs, reordered)), dtype=np.int8)

    def changing(self, sequence: Symbols, random: np.random.Generator) -> Symbols:
        """Permute the digits."""
        reordered = sequence.copy()
        reordered[::2] = random.permutation(sequence[::2])
        return reordered

    def _terms(self, sequence: Symbols) -> tuple[list[bool], list[list[int]]]:
        """The terms of a sum: whether each is taken away, and its factors."""
        digits, operators = sequence[::2].tolist(), sequence[1::2].tolist()
        signs, products = [False], [digits[:1]]
        for operator, digit in zip(operators, digits[1:], strict=True):
            if operator == self._TIMES:
                products[-1].append(digit)
            else:
                signs.append(operator == self._MINUS)
                products.append([digit])
        return signs, products

    def _write(self, signs: list[bool], products: list[list[int]]) -> Iterator[int]:
        for place, (is_minus, product) in enumerate(zip(signs, products, strict=True)):
            if place:
                yield self._MINUS if is_minus else self._DIGITS
            for index, digit in enumerate(product):
                if index:
                    yield self._TIMES
                yield digit


TASKS: dict[str, Task] = {
    "parity_check": ParityCheck(),
    "even_pairs": EvenPairs(),
    "cycle_navigation": CycleNavigation(),
    "modular_arithmetic": ModularArithmetic(),
}
