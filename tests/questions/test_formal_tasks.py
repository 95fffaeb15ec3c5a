"""The published protocol: what is scored, and how."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
import torch
import torch._dynamo  # The first optimiser imports it, and that sets a variable of the environment: not in a test.
from torch import Tensor
from torch.nn import functional

from timeshare.core.seeding import numpy_generator, torch_generator
from timeshare.questions.formal_tasks.settings import ChomskySettings
from timeshare.questions.formal_tasks.study import (
    SymbolReader,
    constant_score,
    correct_by_length,
    score,
    scored_lengths,
)
from timeshare.questions.steps import train_steps
from timeshare.sources.formal.tasks import TASKS, Task

SETTINGS = ChomskySettings(study="chomsky")


@pytest.mark.parametrize("name", TASKS)
def test_every_length_from_41_to_500_that_a_task_has_is_scored(name: str) -> None:
    assert scored_lengths(TASKS[name], SETTINGS) == list(range(41, 501, 2 if name == "modular_arithmetic" else 1))


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


@pytest.mark.parametrize("embedding_size", [None, 3])
def test_reading_every_prefix_at_once_equals_reading_each(embedding_size: int | None) -> None:
    task = TASKS["modular_arithmetic"]
    reader = SymbolReader(task, 8, embedding_size, torch_generator(0)).double()
    symbols = torch.from_numpy(task.sample(numpy_generator(0), 5, 7).astype(np.int64))
    for length, logits in enumerate(reader.each_prefix(symbols), start=1):
        torch.testing.assert_close(logits, reader(symbols[:, :length]), rtol=0, atol=1e-12)


def test_the_class_is_read_after_the_empty_symbol() -> None:
    reader = SymbolReader(TASKS["parity_check"], 8, None, torch_generator(0))
    assert reader.empty == 2
    symbols = torch.tensor([[0, 1], [1, 1]])
    output, _ = reader.lstm(functional.one_hot(torch.tensor([[0, 1, 2], [1, 1, 2]]), 3).float())
    torch.testing.assert_close(reader(symbols), reader.read_out(output[:, -1]))


def test_the_forget_gate_alone_starts_open() -> None:
    plain, opened = (SymbolReader(TASKS["parity_check"], 3, None, torch_generator(0), bias) for bias in (0.0, 1.0))
    biases = [
        sum(lstm.get_parameter(f"layers.0.{name}").detach() for name in ("bias_ih", "bias_hh"))
        for lstm in (plain.lstm, opened.lstm)
    ]
    torch.testing.assert_close(biases[1] - biases[0], torch.tensor([[0.0] * 3 + [1.0] * 3 + [0.0] * 6]))


def test_the_learning_rate_falls_to_its_share_in_a_line() -> None:
    weight = torch.nn.Linear(1, 1, bias=False)
    places = [weight.weight.item()]

    def loss() -> torch.Tensor:
        places.append(weight.weight.item())
        return weight.weight.sum()

    # Of a constant gradient Adam makes steps of the learning rate.
    train_steps(weight, loss, steps=4, learning_rate=0.1, final_rate=0.5)
    lengths = -np.diff([*places[1:], weight.weight.item()])
    np.testing.assert_allclose(lengths, [0.1, 0.0875, 0.075, 0.0625], rtol=1e-4)


def test_one_hot_symbols_do_not_learn_and_embedded_ones_do() -> None:
    task = TASKS["parity_check"]
    learned = {
        name
        for name, value in SymbolReader(task, 4, None, torch_generator(0)).named_parameters()
        if value.requires_grad
    }
    assert "vectors" not in learned
    assert SymbolReader(task, 4, 3, torch_generator(0)).vectors.requires_grad


def test_a_constant_answer_is_the_best_of_all_on_what_is_scored() -> None:
    # Odd parity after one symbol: 2 of 3; after two: 2 of 3; and never does one length count more than another.
    sequences = np.array([[1, 0], [1, 0], [0, 0]], np.int8)
    assert constant_score(TASKS["parity_check"], sequences, [1, 2]) == pytest.approx(200 / 3)
