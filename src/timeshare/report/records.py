"""What a run left, as it was read: of its datasets, its members and its studies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LengthCount:
    """Texts of a length under a rule beyond the extent: how many there were, how many the model labelled right, and how
    many a constant answer would."""

    rule: str
    length: int
    rows: int
    correct: int
    constant: int


@dataclass(frozen=True)
class Epoch:
    """What an epoch, counted from 0, ended with; losses in nats."""

    epoch: int
    train_loss: float
    train_accuracy: float
    valid_loss: float
    valid_accuracy: float


@dataclass(frozen=True)
class Run:
    """What one dataset x model x seed left: its metrics by name, and its tables."""

    metrics: Mapping[str, float]
    lengths: Sequence[LengthCount] = ()
    curves: Sequence[Epoch] = ()


@dataclass(frozen=True)
class Dataset:
    """What is known of a dataset: the meta of its prepared layout, and metrics of models that need no training."""

    meta: Mapping[str, Any]
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def classes(self) -> list[str]:
        """Class names, in label order."""
        return list(self.meta["classes"])

    def rows(self, split: str) -> int:
        """How many texts a split has."""
        return int(self.meta["splits"][split]["rows"])

    @property
    def longest_train(self) -> int:
        """Length in tokens of the longest training text."""
        return int(self.meta["longest_train"])


@dataclass(frozen=True)
class Variant:
    """One variant of a study: the keys that make it, and each metric by seed."""

    keys: Mapping[str, Any]
    metrics: Mapping[str, Mapping[int, float]]


@dataclass(frozen=True)
class Study:
    """What a study left.

    Attributes:
        kind: what `study` is in its settings.
        variants: what it compares.
        facts: what else it says of itself.
        folder: where its tables are.
    """

    kind: str
    variants: Sequence[Variant]
    facts: Mapping[str, Any]
    folder: Path = Path()
