"""Is structure longer than the window of truncated back-propagation learned? (Q9)

The recall task: the first symbol of a sequence is its class, and the others are chance. Gradients pass back through a
window of k steps alone. Trained on lengths from 1 on ('mixed'), a net learns short sequences first; what its state then
carries is enough to learn longer ones from, one window at a time. Trained on sequences that are all longer than the
window ('long'), it never meets a state worth keeping, and no gradient reaches the step that could make one.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from timeshare.core.seeding import numpy_generator, torch_generator
from timeshare.models.classifier import SequenceClassifier, build_classifier
from timeshare.models.settings import RecurrentSettings
from timeshare.questions.records import Record, mean_by_region, over_seeds, write_summary, write_table
from timeshare.questions.steps import train_steps
from timeshare.questions.truncation.settings import MemorySettings

REGIMES = ("mixed", "long")
REGIONS = ("within", "trained", "beyond")
# Ids 0 and 1 are padding and unknown, as everywhere.
_FIRST_SYMBOL = 2


def run(settings: MemorySettings, folder: Path) -> None:
    """Write accuracy.csv (one row a regime, window, seed and length) and summary.json."""
    records = [
        record
        for regime in REGIMES
        for window in settings.windows
        for seed in settings.seeds
        for record in _accuracies(regime, window, settings, seed)
    ]
    write_table(folder / "accuracy.csv", records)
    keys = ("regime", "window")
    variants = over_seeds(mean_by_region(records, (*keys, "seed")), keys, REGIONS)
    facts = {"longest": settings.longest, "shortest": settings.shortest, "symbols": settings.symbols}
    write_summary(folder, "memory", settings.seeds, variants, facts)


def draw(random: np.random.Generator, count: int, length: int, symbols: int) -> tuple[Tensor, Tensor]:
    """Sequences and their classes: int64 [count, length] of ids, and int64 [count]; `[3, 5, 2]` is of class 1."""
    tokens = torch.from_numpy(random.integers(symbols, size=(count, length)))
    return tokens + _FIRST_SYMBOL, tokens[:, 0]


def trained_lengths(regime: str, settings: MemorySettings) -> tuple[int, int]:
    """The shortest and the longest training sequence of a regime."""
    return (1 if regime == "mixed" else settings.shortest), settings.longest


def region_of(length: int, window: int | None, longest: int) -> str:
    """Where a length lies: within the window (or within training, without one), past it but trained on, or beyond."""
    if length > longest:
        return "beyond"
    return "within" if window is None or length <= window else "trained"


def build(settings: MemorySettings, window: int | None, seed: int) -> SequenceClassifier:
    """A shared LSTM whose gradients pass through `window` steps."""
    classifier = build_classifier(
        RecurrentSettings(
            encoder="lstm",
            embedding_size=settings.embedding_size,
            embedding_bound=1.0,  # few symbols, met at every step, must first of all be told apart (docs/training.md)
            hidden_size=settings.hidden_size,
        ),
        vocabulary_size=_FIRST_SYMBOL + settings.symbols,
        num_classes=settings.symbols,
        extent=settings.longest,
        generator=torch_generator(seed, "memory"),
    )
    classifier.truncate = window
    return classifier


def _accuracies(regime: str, window: int | None, settings: MemorySettings, seed: int) -> Iterator[Record]:
    classifier = build(settings, window, seed)
    # The same batches whatever the window: the window is the only difference.
    random = numpy_generator(seed, "memory", regime)
    shortest, longest = trained_lengths(regime, settings)

    def loss_of_next_batch() -> Tensor:
        length = int(random.integers(shortest, longest + 1))
        tokens, labels = draw(random, settings.batch_size, length, settings.symbols)
        return functional.cross_entropy(classifier(tokens, _lengths(tokens)), labels)

    train_steps(
        classifier,
        loss_of_next_batch,
        steps=settings.steps,
        learning_rate=settings.learning_rate,
        label=f"memory: {regime}, window {window}, seed {seed}",
    )
    for length in range(1, settings.scored_to + 1):
        tokens, labels = draw(numpy_generator(seed, "scored", length), settings.rows, length, settings.symbols)
        with torch.inference_mode():
            correct = int((classifier(tokens, _lengths(tokens)).argmax(1) == labels).sum())
        yield {
            "regime": regime,
            "window": window,
            "seed": seed,
            "length": length,
            "rows": settings.rows,
            "correct": correct,
            "region": region_of(length, window, settings.longest),
        }


def _lengths(tokens: Tensor) -> Tensor:
    return torch.full((len(tokens),), tokens.shape[1])
