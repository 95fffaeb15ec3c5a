"""train@dataset-model-seed: fit one model with one seed, and write models/DATASET/MODEL/SEED."""

import csv
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from timeshare.artifacts import digest, read_json, whole_directory, write_json
from timeshare.config import Params, load_params
from timeshare.config.members import dataset_settings, model_settings
from timeshare.nn.saved import Blueprint, save_classifier
from timeshare.train.fit import Fitted, fit


def main(dataset: str, model: str, seed: int) -> None:
    """Fit, going on where an interrupted fit of the very same inputs stopped."""
    params = load_params()
    dataset_settings(params, dataset)
    model_settings(params, model)
    prepared = Path("data/prepared") / dataset
    size = Path("data/sizes") / dataset / f"{model}.json"
    key = _fit_key(params, dataset, prepared, size, seed)
    checkpoints = Path(".timeshare/checkpoints") / f"{dataset}-{model}-{seed}"
    _remove_others(checkpoints, key)

    def publish(epoch: int, figures: Mapping[str, float]) -> None:
        print(
            f"{dataset} {model} {seed}: epoch {epoch + 1}"
            f"  train {figures['train_loss']:.4f} / {100 * figures['train_accuracy']:.1f} %"
            f"  valid {figures['valid_loss']:.4f} / {100 * figures['valid_accuracy']:.1f} %",
            file=sys.stderr,
        )

    fitted = fit(
        Blueprint.load(size),
        prepared,
        train=params.train_for(dataset),
        trainer=params.trainer,
        seed=seed,
        checkpoints=checkpoints / key,
        publish=publish,
    )
    if fitted.is_global_zero:
        _write(Path("models") / dataset / model / str(seed), Blueprint.load(size), fitted)
        shutil.rmtree(checkpoints, ignore_errors=True)


def _fit_key(params: Params, dataset: str, prepared: Path, size: Path, seed: int) -> str:
    """What a checkpoint is for: it serves a fit with the same parameters and inputs, and no other."""
    return digest(
        {
            "size": read_json(size),
            "data": read_json(prepared / "meta.json"),
            "train": params.train_for(dataset).model_dump(mode="json"),
            "trainer": params.trainer.model_dump(mode="json"),
            "seed": seed,
        }
    )


def _remove_others(checkpoints: Path, key: str) -> None:
    """Remove this member's checkpoints of other parameters or data: they are stale for good."""
    for folder in checkpoints.glob("*"):
        if folder.name != key:
            shutil.rmtree(folder, ignore_errors=True)


def _write(target: Path, blueprint: Blueprint, fitted: Fitted) -> None:
    best = fitted.curves[fitted.best_epoch]
    with whole_directory(target) as folder:
        save_classifier(folder, blueprint, fitted.classifier)
        with (folder / "curves.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(best), lineterminator="\n")
            writer.writeheader()
            writer.writerows(fitted.curves)
        write_json(
            folder / "metrics.json",
            {
                "best_epoch": fitted.best_epoch,
                "epochs": len(fitted.curves),
                "parameters": blueprint.parameters,
                **{name: value for name, value in best.items() if name != "epoch"},
            },
        )
