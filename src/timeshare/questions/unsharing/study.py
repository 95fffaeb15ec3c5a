"""A trained shared net goes on training with a copy of its weights for each step, beside itself trained on.

Both go on from the same weights, with the same batches and dropout, and for as long as the shared net was trained.
"""

import copy
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import torch

from timeshare.core.prepared.store import PreparedData
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.encoder import RecurrentEncoder
from timeshare.nn import TimeRecurrent, unshare
from timeshare.questions.fits import (
    at_hand,
    baselines_of,
    downloads_of,
    fit_model,
    made_data,
    metrics_of,
    predictions_of,
)
from timeshare.questions.records import Record, write_metrics, write_table
from timeshare.questions.unsharing.settings import UnsharingSettings
from timeshare.train.fit import Fitted
from timeshare.train.overrides import AnyDataset

METRICS = ("accuracy", "train_accuracy", "overfit", "order_score", "length_score", "weight_similarity")


def run(settings: UnsharingSettings, folder: Path) -> None:
    """Write metrics.csv (one row a dataset, net, seed and metric), distances.csv (how far each step's weights are from
    their mean over the steps after each epoch, as a share of the length of those it began with) and summary.json."""
    records: list[Record] = []
    distances: list[Record] = []
    baselines: dict[str, dict[str, float]] = {}
    reached: dict[str, list[float]] = {}
    datasets, left_out = at_hand(settings.datasets)
    for name, dataset in datasets.items():
        with TemporaryDirectory() as scratch:
            data = made_data("unsharing", dataset, Path(scratch), downloads=downloads_of(name))
            lengths = data.split("train").lengths()
            reached[name] = [float((lengths > step).mean()) for step in range(data.meta["longest_train"])]
            for seed in settings.seeds:
                for net, fitted in _nets(name, dataset, data, seed, settings, distances).items():
                    predictions = predictions_of(fitted, data)
                    found = metrics_of(fitted, predictions, data)
                    kept = {metric: found[metric] for metric in METRICS if metric in found}
                    records.append({"dataset": name, "net": net, "seed": seed, **kept})
        untrained = baselines_of(predictions, METRICS)
        baselines |= {f"{name}: {baseline}": metrics for baseline, metrics in untrained.items()}
    write_table(folder / "distances.csv", distances)
    facts = {"baselines": baselines, "left_out": left_out, "reached": reached}
    write_metrics(folder, "unsharing", settings.seeds, records, ("dataset", "net"), METRICS, facts)


def _nets(
    name: str,
    dataset: AnyDataset,
    data: PreparedData,
    seed: int,
    settings: UnsharingSettings,
    distances: list[Record],
) -> dict[str, Fitted]:
    """The shared net, itself trained on, and freed; the freed net's distances are appended."""
    model = settings.net()
    begun = fit_model(f"unsharing: {name}, seed {seed}", model, data, dataset, seed)
    start = begun.classifier
    size = float(torch.cat([weights.detach().flatten() for weights in _recurrent(start).parameters()]).norm())
    freed = copy.deepcopy(start)
    cast(RecurrentEncoder, freed.encoder).recurrent = unshare(_recurrent(start), data.meta["longest_train"])

    def keep_distances(epoch: int) -> None:
        with torch.no_grad():
            squares = _recurrent(freed).spread().tolist()
        distances.extend(
            {"dataset": name, "seed": seed, "epoch": epoch + 1, "step": step, "distance": distance}
            for step, distance in enumerate((round(math.sqrt(square) / size, 6) for square in squares), start=1)
        )

    trained_on = fit_model(
        f"unsharing: {name}, shared, seed {seed}", model, data, dataset, seed, start=copy.deepcopy(start)
    )
    freely = fit_model(
        f"unsharing: {name}, freed, seed {seed}", model, data, dataset, seed, start=freed, after_epoch=keep_distances
    )
    return {"start": begun, "shared": trained_on, "freed": freely}


def _recurrent(classifier: SequenceClassifier) -> TimeRecurrent:
    return cast(RecurrentEncoder, classifier.encoder).recurrent
