"""The published protocol: what is scored, and how."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from timeshare.config.studies import ChomskySettings
from timeshare.data.sources.tasks import TASKS, Task
from timeshare.seeding import numpy_generator, torch_generator
from timeshare.studies import chomsky, published
from timeshare.studies.chomsky import SymbolReader, correct_by_length, score, scored_lengths

SETTINGS = ChomskySettings(study="chomsky")


@pytest.mark.parametrize("name", ["even_pairs", "parity_check", "cycle_navigation"])
def test_every_length_from_41_to_500_is_scored(name: str) -> None:
    assert scored_lengths(TASKS[name], SETTINGS) == list(range(41, 501))


def test_arithmetic_is_scored_at_the_odd_lengths_that_it_has() -> None:
    assert scored_lengths(TASKS["modular_arithmetic"], SETTINGS) == list(range(41, 500, 2))


def test_the_score_is_the_mean_over_lengths_of_the_accuracy_at_each() -> None:
    # 9 right of 10 at one length, 1 of 2 at the next: 70 %, where all answers together would give 83 %.
    assert score([{"rows": 10, "correct": 9}, {"rows": 2, "correct": 1}]) == pytest.approx(70.0)


class Oracle:
    """Answers with the label of every prefix, but wrongly at one length."""

    def __init__(self, task: Task, wrong_at: int) -> None:
        self.task = task
        self.wrong_at = wrong_at

    def each_prefix(self, symbols: Tensor) -> Iterator[Tensor]:
        for length in range(1, symbols.shape[1] + 1):
            prefix = symbols[:, :length].numpy().astype(np.int8)
            labels = torch.from_numpy(self.task.label(prefix)) if length in self.task.lengths(1, length) else None
            if labels is None:
                yield torch.zeros(len(symbols), self.task.classes)
            else:
                answers = (labels + (length == self.wrong_at)) % self.task.classes
                yield functional.one_hot(answers, self.task.classes).float()


@pytest.mark.parametrize("name", TASKS)
def test_answers_are_compared_with_the_oracle_at_their_own_length(name: str) -> None:
    settings = ChomskySettings(study="chomsky", longest=6, scored_to=15, rows=32)
    oracle = cast(SymbolReader, Oracle(TASKS[name], wrong_at=9))
    correct = correct_by_length(oracle, TASKS[name], numpy_generator(0), settings)
    assert correct == {length: 0 if length == 9 else 32 for length in scored_lengths(TASKS[name], settings)}


def test_reading_every_prefix_at_once_equals_reading_each() -> None:
    task = TASKS["modular_arithmetic"]
    reader = SymbolReader(task, 8, torch_generator(0)).double()
    symbols = torch.from_numpy(task.sample(numpy_generator(0), 5, 7).astype(np.int64))
    for length, logits in enumerate(reader.each_prefix(symbols), start=1):
        torch.testing.assert_close(logits, reader(symbols[:, :length]), rtol=0, atol=1e-12)


def test_the_class_is_read_after_the_empty_symbol() -> None:
    reader = SymbolReader(TASKS["parity_check"], 8, torch_generator(0))
    assert reader.empty == 2
    symbols = torch.tensor([[0, 1], [1, 1]])
    output, _ = reader.lstm(functional.one_hot(torch.tensor([[0, 1, 2], [1, 1, 2]]), 3).float())
    torch.testing.assert_close(reader(symbols), reader.read_out(output[:, -1]))


def test_published_scores_are_those_that_were_read_in_their_source() -> None:
    assert published.LSTM == {
        "even_pairs": None,
        "parity_check": 100.0,
        "cycle_navigation": None,
        "modular_arithmetic": 100.0,
    }
    assert published.TRANSFORMER == {
        "even_pairs": None,
        "parity_check": 52.0,
        "cycle_navigation": 61.9,
        "modular_arithmetic": 24.2,
    }
    assert published.RERUN == {
        "even_pairs": 100.0,
        "parity_check": 100.0,
        "cycle_navigation": 89.0,
        "modular_arithmetic": None,
    }


def test_the_printed_table_has_the_best_and_every_seed_and_a_dash_for_what_is_not_known() -> None:
    settings = ChomskySettings(study="chomsky", tasks=("cycle_navigation", "parity_check"), seeds=(0, 1))
    table = [
        {"task": "cycle_navigation", "seed": 0, "score": 20.04},
        {"task": "cycle_navigation", "seed": 1, "score": 31.0},
        {"task": "parity_check", "seed": 0, "score": 100.0},
        {"task": "parity_check", "seed": 1, "score": 50.0},
    ]
    _, _, cycle, parity = chomsky.report(settings, table).splitlines()
    assert cycle.split() == ["cycle_navigation", "31.0", "-", "89.0", "61.9", "20.0", "31.0"]
    assert parity.split() == ["parity_check", "100.0", "100.0", "100.0", "52.0", "100.0", "50.0"]
