"""Four formal tasks by the protocol of "Neural Networks and the Chomsky Hierarchy" (Deletang et al., ICLR 2023).

A shared LSTM, a length drawn uniformly from 1 .. N for each batch, Adam, gradients clipped to norm 1; an empty symbol
is read after the last one, and the class from the state that it leaves. The score is the mean, over every length from
N + 1 to 500 at which the task has sequences, of the accuracy at that length.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from timeshare.core.seeding import numpy_generator, torch_generator
from timeshare.nn import TimeLSTM
from timeshare.nn.initial import linear
from timeshare.questions import published
from timeshare.questions.formal_tasks.settings import ChomskySettings
from timeshare.questions.records import Record, over_seeds, write_summary, write_table
from timeshare.questions.steps import on_terminal, train_steps
from timeshare.sources.formal.tasks import TASKS, Task


class SymbolReader(nn.Module):
    """A shared LSTM over symbols, read out after an empty symbol.

    Args:
        task: gives the symbols and the classes.
        hidden_size: H.
        embedding_size: E; None: symbols are one-hot.
        generator: the initial weights come from it.
        forget_bias: added to the forget gate's initial bias. Haiku's LSTM, which the published code trains, adds 1.
    """

    def __init__(
        self,
        task: Task,
        hidden_size: int,
        embedding_size: int | None,
        generator: torch.Generator,
        forget_bias: float = 0.0,
    ) -> None:
        super().__init__()
        self.empty = len(task.symbols)
        size = self.empty + 1
        vectors = torch.eye(size) if embedding_size is None else torch.randn(size, embedding_size, generator=generator)
        self.vectors = nn.Parameter(vectors, requires_grad=embedding_size is not None)
        self.lstm = TimeLSTM(vectors.shape[1], hidden_size, batch_first=True, generator=generator)
        with torch.no_grad():
            self.lstm.get_parameter("layers.0.bias_ih")[:, hidden_size : 2 * hidden_size] += forget_bias
        self.read_out = linear(hidden_size, task.classes, generator)

    def forward(self, symbols: Tensor) -> Tensor:
        """Symbols int64 [B, L], all of one length, to logits [B, C]."""
        _, state = self.lstm(self._vectors_of(symbols))
        return self._read(state)

    def each_prefix(self, symbols: Tensor) -> Iterator[Tensor]:
        """The logits of the first symbol, of the first two, and so on, each [B, C]: L + L steps for L answers."""
        state = None
        for place in range(symbols.shape[1]):
            _, state = self.lstm(self._vectors_of(symbols[:, place : place + 1]), state=state)
            yield self._read(state)

    def _read(self, state: tuple[Tensor, Tensor]) -> Tensor:
        empty = torch.full((state[0].shape[1], 1), self.empty)
        _, (hidden, _) = self.lstm(self._vectors_of(empty), state=state)
        logits: Tensor = self.read_out(hidden[-1])
        return logits

    def _vectors_of(self, symbols: Tensor) -> Tensor:
        return functional.embedding(symbols, self.vectors)


def run(settings: ChomskySettings, folder: Path) -> None:
    """Write accuracy.csv (one row a fit and length), table.csv (one row a fit) and summary.json."""
    accuracies: list[Record] = []
    table: list[Record] = []
    for name in settings.tasks:
        for rate in settings.learning_rates:
            for seed in settings.seeds:
                scored = list(_accuracies(name, rate, seed, settings))
                accuracies += scored
                fit = {"task": name, "learning_rate": rate, "seed": seed}
                table.append({**fit, "score": score(scored), **_beside(name, seed, settings)})
                print(f"{name}, learning rate {rate:g}, seed {seed}: {table[-1]['score']:.1f}", flush=True)
    write_table(folder / "accuracy.csv", accuracies)
    write_table(folder / "table.csv", table)
    variants = over_seeds(table, ("task", "learning_rate"), ("score", "constant", "random", *published.COLUMNS))
    facts = {"steps": settings.steps, "solved": published.SOLVED, "longest": settings.longest}
    write_summary(folder, "chomsky", settings.seeds, variants, facts | {"scored_to": settings.scored_to})


def score(accuracies: Sequence[Record]) -> float:
    """The mean over lengths of the accuracy at each, in percent."""
    return 100 * sum(record["correct"] / record["rows"] for record in accuracies) / len(accuracies)


def scored_lengths(task: Task, settings: ChomskySettings) -> list[int]:
    """Every length beyond training, the first of them included, at which the task has sequences."""
    return task.lengths(settings.longest + 1, settings.scored_to)


def correct_by_length(
    reader: SymbolReader, task: Task, random: np.random.Generator, settings: ChomskySettings
) -> dict[int, int]:
    """Right answers at each scored length.

    The prefixes of a uniform sequence are uniform sequences themselves, so one pass over the longest ones answers for
    every length: 2 steps for each, where separate sequences would take 270 on average.
    """
    lengths = scored_lengths(task, settings)
    sequences = task.sample(random, settings.rows, lengths[-1])
    wanted = set(lengths)
    correct = {}
    with torch.inference_mode():
        logits = reader.each_prefix(_tensor(sequences))
        for length in on_terminal(range(1, lengths[-1] + 1), f"chomsky: scoring {settings.rows} sequences"):
            answers = next(logits).argmax(1).numpy()
            if length in wanted:
                correct[length] = int((answers == task.label(sequences[:, :length])).sum())
    return correct


def constant_score(task: Task, sequences: np.ndarray, lengths: Sequence[int]) -> float:
    """The score of the best constant answer, on the prefixes [N, L] of sequences at these lengths."""
    shares = [np.bincount(task.label(sequences[:, :length]), minlength=task.classes) for length in lengths]
    return 100 * float(np.max(np.mean(shares, axis=0)) / len(sequences))


def _beside(name: str, seed: int, settings: ChomskySettings) -> Record:
    """What the best constant answer and a guess score on the sequences of a fit, and the published scores."""
    task = TASKS[name]
    lengths = scored_lengths(task, settings)
    sequences = task.sample(numpy_generator(seed, "scored", name), settings.rows, lengths[-1])
    beside = dict(zip(published.COLUMNS, published.SCORES[name], strict=True))
    return {"constant": constant_score(task, sequences, lengths), "random": 100 / task.classes, **beside}


def _accuracies(name: str, rate: float, seed: int, settings: ChomskySettings) -> Iterator[Record]:
    task = TASKS[name]
    generator = torch_generator(seed, "chomsky", name)
    reader = SymbolReader(task, settings.hidden_size, settings.embedding_size, generator, settings.forget_bias)
    random = numpy_generator(seed, "chomsky", name)
    lengths = task.lengths(1, settings.longest)

    def loss_of_next_batch() -> Tensor:
        symbols = task.sample(random, settings.batch_size, int(random.choice(lengths)))
        return functional.cross_entropy(reader(_tensor(symbols)), torch.from_numpy(task.label(symbols)))

    train_steps(
        reader,
        loss_of_next_batch,
        steps=settings.steps,
        learning_rate=rate,
        final_rate=settings.final_rate,
        gradient_clip=settings.gradient_clip,
        label=f"chomsky: {name}, seed {seed}",
    )
    correct = correct_by_length(reader, task, numpy_generator(seed, "scored", name), settings)
    for length in scored_lengths(task, settings):
        fit = {"task": name, "learning_rate": rate, "seed": seed}
        yield {**fit, "length": length, "rows": settings.rows, "correct": correct[length]}


def _tensor(symbols: np.ndarray) -> Tensor:
    return torch.from_numpy(symbols.astype(np.int64))
