"""train@dataset-model-seed: fit one model with one seed, and write models/DATASET/MODEL/SEED."""

import csv
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lightning.pytorch.utilities import rank_zero_only

from timeshare.artifacts import whole_directory, write_json
from timeshare.config import load_params
from timeshare.config.members import dataset_settings, model_settings
from timeshare.data.text import SPECIAL_TOKENS, Vocabulary
from timeshare.nn.saved import Blueprint, save_classifier
from timeshare.train.fit import Fitted, fit
from timeshare.train.tracking.members import member_run
from timeshare.train.tracking.tracker import Tracker


def main(dataset: str, model: str, seed: int) -> None:
    """Fit, going on where an interrupted fit of the very same inputs stopped."""
    params = load_params()
    dataset_settings(params, dataset)
    model_settings(params, model)
    prepared = Path("data/prepared") / dataset
    target = Path("models") / dataset / model / str(seed)
    blueprint = Blueprint.load(Path("data/sizes") / dataset / f"{model}.json")
    run, reads = member_run(Path(), "train", dataset, model, seed)
    checkpoints = Path(".timeshare/checkpoints") / f"{dataset}-{model}-{seed}"
    first_process = getattr(rank_zero_only, "rank", 0) == 0
    tracking = params.tracking.model_copy(update={"enabled": params.tracking.enabled and first_process})
    if first_process:
        _remove_others(checkpoints, reads.key)

    with Tracker.open(Path(), tracking, run) as tracker:
        tracker.params(
            {
                "dataset": dataset,
                "seed": seed,
                "model": blueprint.settings.model_dump(mode="json"),
                "train": params.train_for(dataset).model_dump(mode="json"),
                "trainer": params.trainer.model_dump(mode="json"),
            }
        )
        tracker.artifact(Path("params.yaml"))

        def publish(epoch: int, figures: Mapping[str, float]) -> None:
            tracker.metrics(figures, step=epoch)
            print(
                f"{dataset} {model} {seed}: epoch {epoch + 1}"
                f"  train {figures['train_loss']:.4f} / {100 * figures['train_accuracy']:.1f} %"
                f"  valid {figures['valid_loss']:.4f} / {100 * figures['valid_accuracy']:.1f} %",
                file=sys.stderr,
            )

        fitted = fit(
            blueprint,
            prepared,
            train=params.train_for(dataset),
            trainer=params.trainer,
            seed=seed,
            checkpoints=checkpoints / reads.key,
            publish=publish,
        )
        if fitted.is_global_zero:
            _write(target, blueprint, fitted)
            shutil.rmtree(checkpoints, ignore_errors=True)
            tracker.artifact(target / "curves.csv")
            model_files = (target / "model.json", target / "model.safetensors")
            data_files = (prepared / "vocab.json", prepared / "meta.json")
            tracker.model([*model_files, *data_files], example=_example(prepared))


def _example(prepared: Path) -> str:
    """A text that any model of the dataset can label: its most frequent tokens."""
    return " ".join(Vocabulary.load(prepared / "vocab.json").tokens[len(SPECIAL_TOKENS) :][:6])


def _remove_others(checkpoints: Path, key: str) -> None:
    """Remove this member's checkpoints of other parameters, data or code: they are stale for good."""
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
