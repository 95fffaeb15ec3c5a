"""One fit: a blueprint and prepared data in, the best weights and the curves out."""

import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.shuffling import epoch_figures
from timeshare.core.prepared.store import PreparedData
from timeshare.core.prepared.text import Vocabulary
from timeshare.core.progress import Note
from timeshare.core.seeding import torch_generator
from timeshare.core.terminal import shows_progress
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.saved import Blueprint
from timeshare.models.settings import RecurrentSettings
from timeshare.nn.schemes.sharing import BeyondExtentError
from timeshare.train.callbacks import BestEpoch, Curves, Figures, FiniteLoss, ProgressBar, StepLosses
from timeshare.train.checkpoint import SafetensorsCheckpointIO
from timeshare.train.compiled import has_loop
from timeshare.train.graphs import CardCapture, GraphedPass
from timeshare.train.lightning import (
    MisconfigurationException,
    ModelCheckpoint,
    SLURMEnvironment,
    pl,
)
from timeshare.train.loaders import train_and_valid
from timeshare.train.module import ClassifierModule
from timeshare.train.pace import Pace
from timeshare.train.settings import TrainerSettings, TrainSettings


class AstrayError(UserError):
    """The loss is no number any more; `what` says when."""

    def __init__(self, what: str) -> None:
        super().__init__(f"training went astray: {what}; lower training.learning_rate or training.gradient_clip")
        self.what = what


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves.

    Attributes:
        classifier: with the weights of the best epoch.
        best_epoch: 0-based.
        curves: one row an epoch.
        padding_waste: share of the entries of the first epoch's batches that was padding.
        tokens: real tokens trained on, over all epochs.
        tokens_per_second: of them; a clock figure, for tracking alone.
        is_global_zero: False on the processes that must write nothing.
    """

    classifier: SequenceClassifier
    best_epoch: int
    curves: list[Figures]
    padding_waste: float
    tokens: int
    tokens_per_second: float
    is_global_zero: bool


def fit(
    blueprint: Blueprint,
    prepared: PreparedData,
    *,
    train: TrainSettings,
    trainer: TrainerSettings,
    seed: int,
    checkpoints: Path,
    start: SequenceClassifier | None = None,
    publish: Callable[[int, Mapping[str, float]], None],
    publish_loss: Callable[[int, float], None] | None = None,
    publish_batches: Callable[[Mapping[str, float]], None] | None = None,
    note: Note | None = None,
) -> Fitted:
    """Train a classifier, going on from the last epoch of an interrupted fit where `checkpoints` holds one.

    Args:
        blueprint: what to build.
        prepared: the data, of which train and valid are read.
        train: how to train.
        trainer: on what to train.
        seed: of the initial weights, the order of the batches and dropout.
        start: a classifier for this data, which is trained on; None: a fresh one.
        checkpoints: folder for this very fit's checkpoint and no other's.
        publish: called after each epoch with (epoch, figures).
        publish_loss: called within each epoch with (step, training loss), for some of the steps.
        publish_batches: called once on the first process, with the figures of `epoch_figures`.
        note: called with how far the fit is, where somebody shows it.
    Returns:
        The fitted classifier with the weights of the best epoch, by `train.select`.
    Raises:
        AstrayError: the loss is no number any more.
        UserError: the data is damaged or not the blueprint's, or the settings cannot be had on this machine.
    """
    _quiet_lightning()
    if trainer.threads is not None:
        torch.set_num_threads(trainer.threads)
    blueprint.check_data(prepared.folder, prepared.vocabulary.digest, prepared.meta["classes"])
    classifier = start.train() if start else _classifier(blueprint, train, prepared.vocabulary, seed)
    best, curves = BestEpoch(train), Curves(publish)
    callbacks = [best, curves, FiniteLoss()]
    if publish_loss:
        callbacks.insert(2, StepLosses(publish_loss))
    if note:
        callbacks.append(Pace(note))
    lightning = _trainer(trainer, train.gradient_clip, checkpoints, callbacks)
    graphs = _graphs(classifier, lightning) if trainer.cuda_graphs and not train.compile else None
    module = ClassifierModule(classifier, train, seed, fused=trainer.precision != "16-mixed", graphs=graphs)
    loader, valid_loader = train_and_valid(
        prepared,
        train,
        seed,
        cut=blueprint.settings.mask and module.fast_pass is None,
        rank=lightning.global_rank,
        world_size=lightning.world_size,
    )
    batches = epoch_figures(loader)
    if publish_batches and lightning.is_global_zero:
        publish_batches(batches)
    try:
        lightning.fit(module, loader, valid_loader, ckpt_path=_resumable(checkpoints / "last.ckpt"))
    except FloatingPointError as error:
        raise AstrayError(str(error)) from None
    except BeyondExtentError as error:
        raise UserError(f"a text does not fit the model: {error}; give a larger extent, or another `beyond`") from None
    if module.fast_pass is not None:
        module.fast_pass.finish()
    classifier.load_state_dict(best.weights)
    return Fitted(
        classifier,
        best.epoch,
        curves.rows,
        batches["padding_waste"],
        int(curves.tokens),
        curves.tokens_per_second,
        lightning.is_global_zero,
    )


def _graphs(classifier: SequenceClassifier, lightning: pl.Trainer) -> GraphedPass | None:
    """What captures the steps of this fit, where that can be: one process, an NVIDIA card, and a loop to capture."""
    device = lightning.strategy.root_device
    if lightning.world_size > 1 or device.type != "cuda" or not has_loop(classifier):
        return None
    return GraphedPass(classifier, CardCapture(device))


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


def _classifier(blueprint: Blueprint, train: TrainSettings, vocabulary: Vocabulary, seed: int) -> SequenceClassifier:
    """A fresh classifier, with the training options that its kind allows."""
    names = ("dropout", "embedding_dropout", "embedding_bound")
    stated = {name: getattr(train, name) for name in names if getattr(train, name) is not None}
    settings = blueprint.settings.model_copy(update=stated)
    blueprint = replace(blueprint, settings=settings)
    next_token = isinstance(settings, RecurrentSettings) and not settings.bidirectional and train.next_token_weight > 0
    classifier = blueprint.build(torch_generator(seed, "weights"), next_token=next_token)
    if isinstance(settings, RecurrentSettings) and train.truncate is not None:
        classifier.truncate = train.truncate
    embedding = getattr(classifier.encoder, "embedding", None)
    if train.vectors is not None and embedding is not None:
        from timeshare.train.vectors import load_vectors

        vectors = load_vectors(Path(train.vectors), vocabulary, settings.embedding_size, embedding.weight)
        classifier.load_vectors(vectors, train.freeze_vectors)
    return classifier


def _trainer(
    settings: TrainerSettings, gradient_clip: float, checkpoints: Path, callbacks: list[pl.Callback]
) -> pl.Trainer:
    callbacks.append(
        ModelCheckpoint(
            dirpath=checkpoints, filename="last", save_on_train_epoch_end=True, enable_version_counter=False
        )
    )
    if shows_progress():
        callbacks.append(ProgressBar(refresh_rate=10))
    plugins: list[Any] = [SafetensorsCheckpointIO()]
    if SLURMEnvironment.detect():
        # By itself Lightning would meet SLURM's warning with a checkpoint inside the epoch, in the project's folder.
        plugins.append(SLURMEnvironment(auto_requeue=False))
    try:
        lightning = pl.Trainer(
            accelerator=settings.accelerator,
            devices=settings.devices,
            num_nodes=settings.num_nodes,
            strategy=settings.strategy,
            precision=settings.precision,
            max_epochs=-1,  # BestEpoch settles it: how many there are depends on the steps of one
            gradient_clip_val=gradient_clip,
            callbacks=callbacks,
            plugins=plugins,
            use_distributed_sampler=False,  # the batch plan itself shares an epoch out between the processes
            enable_progress_bar=shows_progress(),
            enable_model_summary=False,
            num_sanity_val_steps=0,
            logger=False,
        )
        cluster = getattr(lightning.strategy, "cluster_environment", None)
        if cluster is not None:
            cluster.validate_settings(num_devices=lightning.num_devices, num_nodes=lightning.num_nodes)
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise UserError(f"params.yaml: trainer: {' '.join(str(error).split())}") from None
    _check_launch(lightning.num_devices * lightning.num_nodes)
    return lightning


def _check_launch(processes: int) -> None:
    """Refuse to be one of several processes that would each train alone and write over each other's model.

    Raises:
        UserError: torchrun or srun started another number of processes than `trainer` makes.
    """
    # torchrun alone sets the first: Lightning gives its own children a WORLD_SIZE too.
    name = "WORLD_SIZE" if "TORCHELASTIC_RUN_ID" in os.environ else "SLURM_STEP_NUM_TASKS"
    started = int(os.environ.get(name, processes))
    if started != processes:
        raise UserError(
            f"params.yaml: trainer: makes {processes} of the {started} processes that were started; "
            "give strategy: ddp, and devices (of a node) and num_nodes to match"
        )


def _quiet_lightning() -> None:
    """Keep Lightning's greetings off the terminal; its errors still come."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Lightning's own use of a torch function that is on its way out.
    warnings.filterwarnings("ignore", message=r".*isinstance\(treespec, LeafSpec\)", category=FutureWarning)
    # Torch's layers keep their weights in one piece of memory for cuDNN; ours are a piece for each kind of weight.
    warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk of memory")
    # A resumed fit starts from a checkpoint folder that is not empty, on purpose.
    warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")
