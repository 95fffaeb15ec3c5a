"""One fit: a blueprint and prepared data in, the best weights and the curves out."""

import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, RichProgressBar

from timeshare.config.errors import UserError
from timeshare.config.models import RecurrentSettings
from timeshare.config.settings import TrainerSettings, TrainSettings
from timeshare.data.datamodule import PreparedDataModule
from timeshare.nn.classifier import SequenceClassifier
from timeshare.nn.saved import Blueprint
from timeshare.seeding import torch_generator
from timeshare.terminal import shows_progress
from timeshare.train.callbacks import BestWeights, Curves, Figures, FiniteLoss
from timeshare.train.checkpoint import SafetensorsCheckpointIO
from timeshare.train.module import ClassifierModule


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves.

    Attributes:
        classifier: with the weights of the best epoch.
        best_epoch: 0-based.
        curves: one row an epoch.
        tokens_per_second: real tokens trained on in a second; a clock figure, for tracking alone.
        is_global_zero: False on the processes that must write nothing.
    """

    classifier: SequenceClassifier
    best_epoch: int
    curves: list[Figures]
    tokens_per_second: float
    is_global_zero: bool


def fit(
    blueprint: Blueprint,
    prepared: Path,
    *,
    train: TrainSettings,
    trainer: TrainerSettings,
    seed: int,
    checkpoints: Path,
    publish: Callable[[int, Mapping[str, float]], None],
) -> Fitted:
    """Train a classifier, going on from the last epoch of an interrupted fit where `checkpoints` holds one.

    Args:
        blueprint: what to build.
        prepared: folder of the prepared dataset.
        train: how to train.
        trainer: on what to train.
        seed: of the initial weights, the order of the batches and dropout.
        checkpoints: folder for this very fit's checkpoint and no other's.
        publish: called after each epoch with (epoch, figures).
    Returns:
        The fitted classifier with the weights of the epoch with the lowest validation loss.
    Raises:
        UserError: the settings cannot be had on this machine, or the loss is no number any more.
    """
    _quiet_lightning()
    if trainer.threads is not None:
        torch.set_num_threads(trainer.threads)
    data = PreparedDataModule(prepared, train, seed)
    classifier = _classifier(blueprint, train, data, seed)
    module = ClassifierModule(classifier, train, seed)
    best, curves = BestWeights(), Curves(publish)
    lightning = _trainer(trainer, train, checkpoints, [best, curves, FiniteLoss()])
    try:
        lightning.fit(module, datamodule=data, ckpt_path=_resumable(checkpoints / "last.ckpt"))
    except FloatingPointError as error:
        raise UserError(f"training went astray: {error}; lower train.learning_rate or train.gradient_clip") from None
    classifier.load_state_dict(best.weights)
    return Fitted(classifier, best.epoch, curves.rows, curves.tokens_per_second, lightning.is_global_zero)


def _resumable(checkpoint: Path) -> Path | None:
    """The checkpoint, where there is one. A damaged one is removed: all that it could save is time."""
    if not checkpoint.exists():
        return None
    try:
        SafetensorsCheckpointIO().load_checkpoint(checkpoint)
    except UserError as error:
        print(f"{error}; training starts anew", file=sys.stderr)
        checkpoint.unlink(missing_ok=True)
        return None
    return checkpoint


def _classifier(blueprint: Blueprint, train: TrainSettings, data: PreparedDataModule, seed: int) -> SequenceClassifier:
    """A fresh classifier, with the training options that its kind allows."""
    dropouts = {"dropout": train.dropout, "embedding_dropout": train.embedding_dropout}
    settings = blueprint.settings.model_copy(
        update={name: share for name, share in dropouts.items() if share is not None}
    )
    blueprint = replace(blueprint, settings=settings)
    next_token = isinstance(settings, RecurrentSettings) and not settings.bidirectional and train.next_token_weight > 0
    classifier = blueprint.build(torch_generator(seed, "weights"), next_token=next_token)
    if isinstance(settings, RecurrentSettings) and train.truncate is not None:
        classifier.truncate = train.truncate
    embedding = getattr(classifier.encoder, "embedding", None)
    if train.vectors is not None and embedding is not None:
        from timeshare.train.vectors import load_vectors

        vocabulary = data.prepared.vocabulary
        vectors = load_vectors(Path(train.vectors), vocabulary, settings.embedding_size, embedding.weight)
        classifier.load_vectors(vectors, train.freeze_vectors)
    return classifier


def _trainer(
    settings: TrainerSettings, train: TrainSettings, checkpoints: Path, callbacks: list[pl.Callback]
) -> pl.Trainer:
    callbacks.append(
        EarlyStopping("valid_loss", patience=train.patience, min_delta=0.0, stopping_threshold=train.stop_at_loss)
    )
    callbacks.append(
        ModelCheckpoint(
            dirpath=checkpoints, filename="last", save_on_train_epoch_end=True, enable_version_counter=False
        )
    )
    if shows_progress():
        callbacks.append(RichProgressBar(refresh_rate=10))
    try:
        return pl.Trainer(
            accelerator=settings.accelerator,
            devices=settings.devices,
            num_nodes=settings.num_nodes,
            strategy=settings.strategy,
            precision=settings.precision,
            max_epochs=train.max_epochs,
            gradient_clip_val=train.gradient_clip,
            callbacks=callbacks,
            plugins=[SafetensorsCheckpointIO()],
            use_distributed_sampler=False,  # the batch plan itself shares an epoch out between the processes
            enable_progress_bar=shows_progress(),
            enable_model_summary=False,
            num_sanity_val_steps=0,
            logger=False,
        )
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise UserError(f"params.yaml: trainer: {' '.join(str(error).split())}") from None


def _quiet_lightning() -> None:
    """Keep Lightning's greetings off the terminal; its errors still come."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Lightning's own use of a torch function that is on its way out.
    warnings.filterwarnings("ignore", message=r".*isinstance\(treespec, LeafSpec\)", category=FutureWarning)
    # A resumed fit starts from a checkpoint folder that is not empty, on purpose.
    warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")
