"""How far a fit is, told while it goes on."""

import time
from typing import Any

from timeshare.core.progress import Note
from timeshare.train.lightning import pl

_PAUSE_SECONDS = 0.5


class Pace(pl.Callback):
    """Tells how far a fit is, by its budget of epochs: a fit that stops early is done sooner.

    It reads figures that the epoch's end has computed, and none within an epoch, where that would wait for the device.

    Args:
        note: called on the first process, twice a second at most.
    """

    def __init__(self, note: Note) -> None:
        self._note = note
        self._figures = ""
        self._last = 0.0

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Tell how many of the steps are done."""
        if trainer.is_global_zero and time.monotonic() - self._last >= _PAUSE_SECONDS:
            self._last = time.monotonic()
            self._tell(trainer, trainer.current_epoch + (batch_idx + 1) / int(trainer.num_training_batches))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell the epoch's figures."""
        loss, right = (float(trainer.callback_metrics[name]) for name in ("valid_loss", "valid_accuracy"))
        self._figures = f", loss {loss:.4f}, {100 * right:.1f} % right"
        if trainer.is_global_zero:
            self._tell(trainer, trainer.current_epoch + 1)

    def _tell(self, trainer: pl.Trainer, epochs: float) -> None:
        budget = trainer.fit_loop.max_epochs or 1
        self._note(epochs / budget, f"epoch {trainer.current_epoch + 1} of {budget}{self._figures}")
