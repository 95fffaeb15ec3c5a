"""One trial: a fit whose validation figures are all that is kept of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeshare.core.prepared.store import PreparedData
from timeshare.core.progress import Note
from timeshare.core.seeding import derived_seed
from timeshare.models.saved import Blueprint
from timeshare.train.fit import AstrayError, fit
from timeshare.train.settings import TrainerSettings, TrainSettings

# Seeds of run.seeds go up to 1e9. Those of trials are above: a trial is none of the fits that it chooses for.
_FIRST_SEED = 1_000_000_001
_SEEDS = 1_000_000_000


@dataclass(frozen=True)
class Outcome:
    """What a fit came to, in plain JSON values.

    Attributes:
        settings: values by key of `training`.
        seed: of the fit.
        seconds: how long it took; a clock figure, for tracking alone.
        failed: why it did not come to its end; empty if it did, and else the figures are None.
        valid_accuracy: of the best epoch, by `training.select`.
        valid_loss: of that epoch, in nats.
        best_epoch: its number, from 0.
        epochs: how many there were.
        tokens: real tokens trained on.
    """

    settings: Mapping[str, Any]
    seed: int
    seconds: float
    failed: str = ""
    valid_accuracy: float | None = None
    valid_loss: float | None = None
    best_epoch: int | None = None
    epochs: int | None = None
    tokens: int | None = None

    def figures(self) -> dict[str, float]:
        """What there is of its figures, by name."""
        names = ("valid_accuracy", "valid_loss", "best_epoch", "epochs", "tokens")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def trial_seed(seed: int, *names: str | int) -> int:
    """The seed of a fit, which the names tell from others: no seed of run.seeds is equal to it."""
    return _FIRST_SEED + derived_seed(seed, "tuning", *names) % _SEEDS


def run_trial(
    blueprint: Blueprint,
    data: PreparedData,
    *,
    training: TrainSettings,
    settings: Mapping[str, Any],
    trainer: TrainerSettings,
    seed: int,
    checkpoints: Path,
    publish: Callable[[int, Mapping[str, float]], None],
    note: Note | None = None,
) -> Outcome:
    """Fit once, going on from the last epoch of an interrupted fit where `checkpoints` holds one.

    Args:
        blueprint: what to build.
        data: of which train and valid are read.
        training: how to train.
        settings: what this trial has in place of `training`.
        trainer: on what to train; always one process on one device, since trials run side by side.
        seed: of the fit.
        checkpoints: folder for this very fit's checkpoint.
        publish: called after each epoch with (epoch, figures).
        note: called with how far the fit is, where somebody shows it.
    Raises:
        UserError: the data is damaged or not the blueprint's, or the settings cannot be had on this machine.
    """
    started = time.monotonic()
    try:
        fitted = fit(
            blueprint,
            data,
            train=training.model_copy(update=dict(settings)),
            trainer=trainer.model_copy(update={"devices": 1, "num_nodes": 1, "strategy": "auto"}),
            seed=seed,
            checkpoints=checkpoints,
            publish=publish,
            note=note,
        )
    except AstrayError as error:
        return Outcome(settings, seed, time.monotonic() - started, failed=error.what)
    best = fitted.curves[fitted.best_epoch]
    return Outcome(
        settings,
        seed,
        time.monotonic() - started,
        valid_accuracy=best["valid_accuracy"],
        valid_loss=best["valid_loss"],
        best_epoch=fitted.best_epoch,
        epochs=len(fitted.curves),
        tokens=fitted.tokens,
    )
