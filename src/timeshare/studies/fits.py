"""What the studies on prepared data share: data made on the spot, and fits as the pipeline makes them."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from timeshare.core.config.datasets import AnyDataset
from timeshare.core.config.params import merged
from timeshare.core.config.settings import EvaluateSettings, PrepareSettings, TrainerSettings, TrainSettings
from timeshare.core.prepared.store import PreparedData
from timeshare.core.terminal import shows_progress
from timeshare.data import sources
from timeshare.data.prepare import prepare
from timeshare.evaluate.baselines import constant_metrics, random_metrics
from timeshare.evaluate.predictions import Predictions, predict_all
from timeshare.models.parameters import settle
from timeshare.models.saved import Blueprint
from timeshare.models.settings import AnyModel
from timeshare.train.fit import Fitted, fit

# A study's nets are small: an accelerator would wait for Python, and its sums would not be the same everywhere.
_TRAINER = TrainerSettings(accelerator="cpu", devices=1)


def write_raw(study: str, dataset: AnyDataset, folder: Path, train_share: float = 1.0) -> None:
    """Write a dataset's raw tables into a new folder; of train the first rows alone, in this share and at least one."""
    raw = sources.read(study, dataset, downloads=folder)
    if train_share < 1.0:
        train = pa.Table.from_batches(raw.splits["train"])
        kept = train.slice(0, max(1, round(train_share * len(train))))
        raw = replace(raw, splits={**raw.splits, "train": kept.to_batches()})
    folder.mkdir()
    sources.write_raw(raw, folder)


def prepare_data(raw: Path, folder: Path, settings: PrepareSettings) -> PreparedData:
    """Prepare raw tables into a new folder, and open them."""
    folder.mkdir()
    prepare(raw, folder, settings)
    return PreparedData.open(folder)


def made_data(study: str, dataset: AnyDataset, scratch: Path, train_share: float = 1.0) -> PreparedData:
    """A dataset's raw tables and what its own settings prepare of them, in an empty folder."""
    write_raw(study, dataset, scratch / "raw", train_share)
    return prepare_data(scratch / "raw", scratch / "prepared", merged(PrepareSettings(), dataset.prepare))


def blueprint_for(model: AnyModel, data: PreparedData) -> Blueprint:
    """The model's blueprint for this data."""
    return settle(model, data.meta)


def fit_model(
    label: str,
    model: AnyModel,
    data: PreparedData,
    dataset: AnyDataset,
    seed: int,
    next_token_weight: float | None = None,
) -> Fitted:
    """Fit a model with a seed; it comes with the weights of its best epoch, in evaluation mode.

    Args:
        label: what stderr says is being fitted, where that is a terminal.
        model: what to build.
        data: what to train on.
        dataset: the settings that it was made by; its own `training` says how.
        seed: of weights, batches and dropout.
        next_token_weight: of the next-token loss; None: as `training` says.
    """
    if shows_progress():
        print(label, file=sys.stderr)
    training = merged(TrainSettings(), dataset.training)
    if next_token_weight is not None:
        training = training.model_copy(update={"next_token_weight": next_token_weight})
    with TemporaryDirectory() as checkpoints:
        fitted = fit(
            blueprint_for(model, data),
            data.folder,
            train=training,
            trainer=_TRAINER,
            seed=seed,
            checkpoints=Path(checkpoints),
            publish=lambda epoch, figures: None,
            publish_losses=lambda losses: None,
        )
    fitted.classifier.eval()
    return fitted


def predictions_of(fitted: Fitted, data: PreparedData) -> Predictions:
    """All of a fitted model's predictions; beyond its extent it holds its last weights."""
    return predict_all(fitted.classifier, data, EvaluateSettings(rules=("hold",)))


def baselines_of(predictions: Predictions, metrics: Sequence[str]) -> dict[str, dict[str, float]]:
    """What models that need no training get on the texts that a fitted one was asked, of these metrics."""
    found = {"constant": constant_metrics(predictions), "random": random_metrics(predictions)}
    return {name: {key: known[key] for key in metrics if key in known} for name, known in found.items()}
