"""What a fit keeps as it goes: the best weights, the curves, the pace."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor

from timeshare.train.module import ClassifierModule

Figures = dict[str, float]


class BestWeights(pl.Callback):
    """Keeps the weights of the epoch with the lowest validation loss, the first of equals."""

    def __init__(self) -> None:
        self.loss = float("inf")
        self.epoch = -1
        self.weights: dict[str, Tensor] = {}

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Copy the weights if this epoch's validation loss is the lowest so far."""
        loss = float(trainer.callback_metrics["valid_loss"])
        if loss < self.loss or not self.weights:
            assert isinstance(pl_module, ClassifierModule)
            self.loss, self.epoch = loss, trainer.current_epoch
            self.weights = {name: value.detach().clone() for name, value in pl_module.classifier.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"loss": self.loss, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.loss, self.epoch, self.weights = state_dict["loss"], state_dict["epoch"], state_dict["weights"]


class Curves(pl.Callback):
    """Collects each epoch's losses and accuracies, and hands them on as they come.

    Args:
        publish: called on the first process with (epoch, figures) after each epoch.
    """

    def __init__(self, publish: Callable[[int, Mapping[str, float]], None]) -> None:
        self.rows: list[Figures] = []
        self.tokens = 0.0
        self.seconds = 0.0
        self._publish = publish
        self._started = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the epoch's clock."""
        self._started = time.perf_counter()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop the clock: the pace is that of training alone."""
        assert isinstance(pl_module, ClassifierModule)
        self.seconds += time.perf_counter() - self._started
        self.tokens += pl_module.tokens_seen * trainer.world_size

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep and publish the epoch's figures."""
        names = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
        figures = {name: float(trainer.callback_metrics[name]) for name in names}
        self.rows.append({"epoch": trainer.current_epoch, **figures})
        if trainer.is_global_zero:
            self._publish(trainer.current_epoch, {**figures, "tokens_per_second": self.tokens_per_second})

    @property
    def tokens_per_second(self) -> float:
        """Real tokens trained on in a second, over the epochs of this process."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"rows": self.rows, "tokens": self.tokens, "seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.rows = state_dict["rows"]
        self.tokens, self.seconds = state_dict["tokens"], state_dict["seconds"]


class FiniteLoss(pl.Callback):
    """Stops a fit whose loss is no number any more, instead of training on in vain."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Raise FloatingPointError after the first epoch with a loss that is infinite or no number."""
        loss = trainer.callback_metrics["valid_loss"]
        if not bool(torch.isfinite(loss)):
            raise FloatingPointError(f"validation loss is {float(loss)} after epoch {trainer.current_epoch}")
