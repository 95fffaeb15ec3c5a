"""What a fit keeps as it goes: the best weights, the curves and the pace."""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from timeshare.train.lightning import RichProgressBar, pl
from timeshare.train.module import ClassifierModule
from timeshare.train.settings import TrainSettings

Figures = dict[str, float]
# Points of the loss within an epoch.
_POINTS = 50


_WORST = {"valid_accuracy": -math.inf, "valid_loss": math.inf}
_KEPT = ("figures", "epoch", "best_to_stop", "epoch_to_stop", "last_epoch", "last_loss", "weights")


def _rank(figures: Mapping[str, float], first: str) -> tuple[float, float]:
    """What is greater for better figures, of which the one that is named comes first."""
    accuracy, loss = figures["valid_accuracy"], figures["valid_loss"]
    return (accuracy, -loss) if first == "valid_accuracy" else (-loss, accuracy)


class BestEpoch(pl.Callback):
    """Keeps the weights of the best epoch, and stops the fit when none has been better for long enough.

    The best epoch has the highest validation accuracy, and among equals the lowest validation loss; or the other way
    round. The two part where a net grows sure of itself: its loss then rises while more and more of its answers are
    right.

    Args:
        settings: `select` names the figure that decides which epoch is the best, `stop` the one that has to get better
            within `patience` and `patience_steps`; below `stop_at_loss` the fit stops at once. Lightning ends it with
            its budget, which is known here: it depends on the steps of an epoch.
    """

    def __init__(self, settings: TrainSettings) -> None:
        self.settings = settings
        self.patience = settings.patience
        self.figures = dict(_WORST)
        self.epoch = -1
        self.best_to_stop = dict(_WORST)
        self.epoch_to_stop = -1
        self.last_epoch = -1
        self.last_loss = math.inf
        self.weights: dict[str, Tensor] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Settle the budget and the patience; train no further epoch where that of the checkpoint was the last."""
        steps = int(trainer.num_training_batches)
        trainer.fit_loop.max_epochs = self.settings.epochs(steps)
        self.patience = max(self.settings.patience, math.ceil(self.settings.patience_steps / steps))
        trainer.should_stop = self._is_over()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Copy the weights if this epoch is the best so far; stop the fit if that has not been so for long enough."""
        figures = {name: float(trainer.callback_metrics[name]) for name in self.figures}
        self.last_epoch, self.last_loss = trainer.current_epoch, figures["valid_loss"]
        select, stop = self.settings.select, self.settings.stop or self.settings.select
        if _rank(figures, stop) > _rank(self.best_to_stop, stop):
            self.best_to_stop, self.epoch_to_stop = figures, trainer.current_epoch
        if not self.weights or _rank(figures, select) > _rank(self.figures, select):
            assert isinstance(pl_module, ClassifierModule)
            self.figures, self.epoch = figures, trainer.current_epoch
            self.weights = {name: value.detach().clone() for name, value in pl_module.classifier.state_dict().items()}
        if self._is_over():
            trainer.should_stop = True

    def _is_over(self) -> bool:
        return self.last_loss < self.settings.stop_at_loss or self.last_epoch - self.epoch_to_stop >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {name: getattr(self, name) for name in _KEPT}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        for name, value in state_dict.items():
            setattr(self, name, value)


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
        # First: an accelerator has this number only once its work is done.
        self.tokens += pl_module.tokens_seen * trainer.world_size
        self.seconds += time.perf_counter() - self._started

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep and publish the epoch's figures."""
        names = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
        figures = {name: float(trainer.callback_metrics[name]) for name in names}
        self.rows.append({"epoch": trainer.current_epoch, **figures})
        if trainer.is_global_zero:
            assert isinstance(pl_module, ClassifierModule)
            if pl_module.fast_pass is not None:
                figures[pl_module.fast_pass.figure] = pl_module.fast_pass.graphs
            self._publish(trainer.current_epoch, figures)

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


class _OnItsWay:
    """Sums that come to the host while it goes on: an accelerator sends them when its work so far is done."""

    def __init__(self, sums: Tensor) -> None:
        self._sums = sums.to("cpu", non_blocking=sums.is_cuda)
        self._sent = torch.cuda.Event() if sums.is_cuda else None
        if self._sent is not None:
            self._sent.record()

    @property
    def arrived(self) -> bool:
        return self._sent is None or self._sent.query()

    def loss(self) -> float:
        """The mean over examples; the host waits for it."""
        if self._sent is not None:
            self._sent.synchronize()
        loss, _, rows, _ = self._sums.double().sum(0)
        return float(loss / rows)


class StepLosses(pl.Callback):
    """Hands on how the training loss goes within each epoch: at most 50 points of it.

    A point is the mean over the examples of some steps in a row, on the first process. Which steps depends on their
    number alone, so that an epoch that is trained again after a kill gives the same points again. An accelerator is not
    waited for until the epoch ends: a point is handed on at the first step that finds it there.

    Args:
        publish: called on the first process with (step, loss), the step counted from 0 over the whole fit.
    """

    def __init__(self, publish: Callable[[int, float], None]) -> None:
        self._publish = publish
        self._coming: deque[tuple[int, _OnItsWay]] = deque()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Send for a point when its steps are done, and hand on those that have come."""
        steps, of = batch_idx + 1, int(trainer.num_training_batches)
        width = math.ceil(of / _POINTS)
        rest = steps % width
        if trainer.is_global_zero and (rest == 0 or steps == of):
            assert isinstance(pl_module, ClassifierModule)
            step = trainer.current_epoch * of + batch_idx
            self._coming.append((step, _OnItsWay(pl_module.last_sums(rest or width))))
        while self._coming and (steps == of or self._coming[0][1].arrived):
            step, sums = self._coming.popleft()
            self._publish(step, sums.loss())


class ProgressBar(RichProgressBar):
    """Lightning's, with the epoch's figures as the module has them: Lightning itself asks the device at each step."""

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        """What stands beside the bar."""
        assert isinstance(pl_module, ClassifierModule)
        return dict(pl_module.figures)


class FiniteLoss(pl.Callback):
    """Stops a fit whose loss is no number any more, instead of training on in vain."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Raise FloatingPointError after the first epoch with a loss that is infinite or no number."""
        loss = trainer.callback_metrics["valid_loss"]
        if not bool(torch.isfinite(loss)):
            raise FloatingPointError(f"validation loss is {float(loss)} after epoch {trainer.current_epoch}")
