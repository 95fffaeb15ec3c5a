"""What the studies on prepared data share: data made on the spot, and fits as the pipeline makes them."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa

from timeshare.core.config.overrides import merged
from timeshare.core.prepared.store import PreparedData
from timeshare.core.terminal import shows_progress
from timeshare.evaluate.asking import ask_all
from timeshare.evaluate.metrics import all_metrics
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.settings import EvaluateSettings
from timeshare.evaluate.similarity import similarity_table
from timeshare.evaluate.untrained import untrained_metrics
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.parameters import settle
from timeshare.models.saved import Blueprint
from timeshare.models.settings import AnyModel
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.questions.records import Record
from timeshare.sources.raw import write_raw as write_tables
from timeshare.sources.table import source_of, tokeniser_for
from timeshare.train.fit import Fitted, fit
from timeshare.train.overrides import AnyDataset
from timeshare.train.settings import TrainerSettings, TrainSettings

# A study's nets are small: an accelerator would wait for Python, and its sums would not be the same everywhere.
_TRAINER = TrainerSettings(accelerator="cpu", devices=1)


class Variant(NamedTuple):
    """One of the variants that a study compares.

    Attributes:
        keys: what it is called, by column of the study's table.
        model: what is fitted.
        training: keys that stand over the dataset's `training`.
    """

    keys: dict[str, Any]
    model: AnyModel
    training: Mapping[str, Any] = {}


def downloads_of(name: str) -> Path:
    """Where the pipeline keeps what it downloaded for a dataset of the run: of a study's dataset, that of its name."""
    return Path("data/downloads") / name


def at_hand(datasets: Mapping[str, AnyDataset]) -> tuple[dict[str, AnyDataset], list[str]]:
    """The datasets that can be made here, and the names of those whose download no dataset of the run has left."""
    missing = [
        name
        for name, dataset in datasets.items()
        if source_of(dataset).download is not None and not any(downloads_of(name).glob("*"))
    ]
    return {name: dataset for name, dataset in datasets.items() if name not in missing}, missing


def write_raw(
    study: str, dataset: AnyDataset, folder: Path, train_share: float = 1.0, downloads: Path = Path()
) -> None:
    """Write a dataset's raw tables into a new folder; of train the first rows alone, in this share and at least one."""
    raw = source_of(dataset).ingest(study, dataset, downloads)
    if train_share < 1.0:
        train = pa.Table.from_batches(raw.splits["train"])
        kept = train.slice(0, max(1, round(train_share * len(train))))
        raw = replace(raw, splits={**raw.splits, "train": kept.to_batches()})
    folder.mkdir()
    write_tables(raw, folder, source=dataset.source, tokeniser=tokeniser_for(dataset))


def prepare_data(raw: Path, folder: Path, settings: PrepareSettings) -> PreparedData:
    """Prepare raw tables into a new folder, and open them."""
    folder.mkdir()
    prepare(raw, folder, settings)
    return PreparedData.open(folder)


def made_data(
    study: str, dataset: AnyDataset, scratch: Path, train_share: float = 1.0, downloads: Path = Path()
) -> PreparedData:
    """A dataset's raw tables and what its own settings prepare of them, in an empty folder."""
    write_raw(study, dataset, scratch / "raw", train_share, downloads)
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
    training: Mapping[str, Any] = {},
    *,
    start: SequenceClassifier | None = None,
    after_epoch: Callable[[int], None] = lambda epoch: None,
) -> Fitted:
    """Fit a model with a seed; it comes with the weights of its best epoch, in evaluation mode.

    Args:
        label: what stderr says is being fitted, where that is a terminal.
        model: what to build.
        data: what to train on.
        dataset: the settings that it was made by; its own `training` says how.
        seed: of weights, batches and dropout.
        training: keys that stand over those of the dataset.
        start: a classifier of the model, which is trained on; None: a fresh one.
        after_epoch: called with each epoch's number.
    """
    if shows_progress():
        print(label, file=sys.stderr)
    settings = merged(TrainSettings(), dataset.training).model_copy(update=training)
    with TemporaryDirectory() as checkpoints:
        fitted = fit(
            blueprint_for(model, data),
            data,
            train=settings,
            trainer=_TRAINER,
            seed=seed,
            start=start,
            checkpoints=Path(checkpoints),
            publish=lambda epoch, figures: after_epoch(epoch),
        )
    fitted.classifier.eval()
    return fitted


def predictions_of(fitted: Fitted, data: PreparedData) -> Predictions:
    """All of a fitted model's predictions; beyond its extent it holds its last weights."""
    return ask_all(fitted.classifier, data, EvaluateSettings(rules=("hold",)))


def measure(
    study: str,
    dataset: AnyDataset,
    variants_of: Callable[[PreparedData], Iterable[Variant]],
    seeds: Sequence[int],
    metrics: Sequence[str],
    train_share: float = 1.0,
    downloads: Path = Path(),
) -> tuple[list[Record], dict[str, dict[str, float]]]:
    """Fit each variant with each seed on data made for it, and measure what it does.

    Args:
        variants_of: what is fitted on it.
        metrics: to keep, `parameters` among them if wanted; one that the data does not allow is left out.
        train_share: of the training rows that are kept.
        downloads: what the pipeline downloaded for the dataset, if its source downloads.
    Returns:
        A record for each fit, of the variant's keys, `seed` and the metrics; and the metrics of models that need no
        training, by their name.
    """
    records: list[Record] = []
    with TemporaryDirectory() as scratch:
        data = made_data(study, dataset, Path(scratch), train_share, downloads)
        for variant in variants_of(data):
            names = ", ".join(f"{key} {value}" for key, value in variant.keys.items())
            for seed in seeds:
                label = f"{study}: {names}, seed {seed}"
                fitted = fit_model(label, variant.model, data, dataset, seed, variant.training)
                predictions = predictions_of(fitted, data)
                parameters = blueprint_for(variant.model, data).parameters
                found = {**metrics_of(fitted, predictions, data), "parameters": parameters}
                kept = {metric: found[metric] for metric in metrics if metric in found}
                records.append({**variant.keys, "seed": seed, **kept})
    return records, baselines_of(predictions, metrics)


def measure_each(
    study: str,
    datasets: Mapping[str, AnyDataset],
    variants_of: Callable[[str, PreparedData], Iterable[Variant]],
    seeds: Sequence[int],
    metrics: Sequence[str],
) -> tuple[list[Record], dict[str, dict[str, float]]]:
    """The same on several datasets: `variants_of` gets a dataset's name too, which stands before its baselines'."""
    records: list[Record] = []
    baselines: dict[str, dict[str, float]] = {}
    for name, dataset in datasets.items():
        variants = partial(variants_of, name)
        found, untrained = measure(study, dataset, variants, seeds, metrics, downloads=downloads_of(name))
        records += found
        baselines |= {f"{name}: {baseline}": known for baseline, known in untrained.items()}
    return records, baselines


def metrics_of(fitted: Fitted, predictions: Predictions, data: PreparedData) -> dict[str, float]:
    """All that a study may report of a fitted model: what it predicts, its weights, and the best epoch's accuracy."""
    _, similarity = similarity_table(fitted.classifier, data.meta["longest_train"])
    return {
        **all_metrics(predictions),
        **similarity,
        "valid_accuracy": fitted.curves[fitted.best_epoch]["valid_accuracy"],
    }


def baselines_of(predictions: Predictions, metrics: Sequence[str]) -> dict[str, dict[str, float]]:
    """What models that need no training get on the texts that a fitted one was asked, of these metrics."""
    found = untrained_metrics(predictions)
    return {name: {key: found[name][key] for key in metrics if key in found[name]} for name in ("constant", "random")}
