"""train@dataset-model-seed: fit one model with one seed, and write models/DATASET/MODEL/SEED."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from timeshare.core.artifacts import whole_directory, write_csv, write_json
from timeshare.core.config import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.core.prepared.text import SPECIAL_TOKENS, Vocabulary
from timeshare.core.unwatched import note_if_unwatched
from timeshare.models.saved import Blueprint, save_classifier
from timeshare.params import load_params
from timeshare.tracking.members import member_run
from timeshare.tracking.tracker import Tracker
from timeshare.train.fit import Fitted, fit, is_first_process


def main(dataset: str, model: str, seed: int) -> None:
    """Fit, going on where an interrupted fit of the very same inputs stopped."""
    params = load_params()
    training = params.training_for(dataset, model)
    prepared = Path("data/prepared") / dataset
    target = Path("models") / dataset / model / str(seed)
    blueprint = Blueprint.load(Path("data/sizes") / dataset / f"{model}.json")
    try:
        run, reads = member_run(Path(), "train", dataset, model, seed)
    except FileNotFoundError as error:
        raise UserError(f"{error}: no such file or folder; `dvc repro` makes what the stage reads") from None
    # torch's own choice is a folder under /tmp, whose name anyone can guess, and it executes what it finds there.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(".timeshare/compiled").absolute()))
    checkpoints = Path(".timeshare/checkpoints") / f"{dataset}-{model}-{seed}"
    first_process = is_first_process()
    if training.vectors is not None and first_process:
        note_if_unwatched(training.vectors, "data/vectors", f"train@{dataset}-{model}-{seed}")
    tracking = params.tracking.model_copy(update={"enabled": params.tracking.enabled and first_process})
    if first_process:
        _remove_others(checkpoints, reads.key)

    data = PreparedData.open(prepared, ("train", "valid"))
    wastes = {f"waste_of_{layout}": waste for layout, waste in data.meta["waste"].items()}
    with Tracker.open(Path(), tracking, run) as tracker:
        tracker.params(
            {
                "dataset": dataset,
                "seed": seed,
                "model": blueprint.settings.model_dump(mode="json"),
                "training": training.model_dump(mode="json"),
                "trainer": params.trainer.model_dump(mode="json"),
            }
        )
        tracker.artifact(Path("params.yaml"))

        def publish(epoch: int, figures: Mapping[str, float]) -> None:
            # The evaluation has a train_accuracy of its own, that of the finished model.
            tracker.metrics({f"epoch/{name}": value for name, value in figures.items()}, step=epoch)
            print(
                f"{dataset} {model} {seed}: epoch {epoch + 1}"
                f"  train: loss {figures['train_loss']:.4f}, {100 * figures['train_accuracy']:.1f} % right"
                f"  valid: loss {figures['valid_loss']:.4f}, {100 * figures['valid_accuracy']:.1f} % right",
                file=sys.stderr,
            )

        fitted = fit(
            blueprint,
            data,
            train=training,
            trainer=params.trainer,
            seed=seed,
            checkpoints=checkpoints / reads.key,
            publish=publish,
            publish_batches=lambda figures: tracker.metrics(
                {f"layout/{name}": value for name, value in {**figures, **wastes}.items()}
            ),
            publish_loss=lambda step, loss: tracker.metrics({"step/train_loss": loss}, step=step),
        )
        if fitted.is_global_zero:
            tracker.metrics({"tokens_per_second": fitted.tokens_per_second}, step=fitted.best_epoch)
            # The sizes were settled without knowing of word vectors that do not learn.
            frozen = sum(weights.numel() for weights in fitted.classifier.parameters() if not weights.requires_grad)
            _write(target, replace(blueprint, parameters=blueprint.parameters - frozen), fitted)
            shutil.rmtree(checkpoints, ignore_errors=True)
            tracker.artifact(target / "curves.csv")
            model_files = (target / "model.json", target / "model.safetensors")
            data_files = (prepared / "vocab.json", prepared / "meta.json")
            tracker.model([*model_files, *data_files], example=_example(data.vocabulary), step=fitted.best_epoch)


def _example(vocabulary: Vocabulary) -> str:
    """A text that any model of the dataset can label: its most frequent tokens."""
    return " ".join(vocabulary.tokens[len(SPECIAL_TOKENS) :][:6])


def _remove_others(checkpoints: Path, key: str) -> None:
    """Remove this member's checkpoints of other parameters, data or code: they are stale for good."""
    for folder in checkpoints.glob("*"):
        if folder.name != key:
            shutil.rmtree(folder, ignore_errors=True)


def _write(target: Path, blueprint: Blueprint, fitted: Fitted) -> None:
    best = fitted.curves[fitted.best_epoch]
    with whole_directory(target) as folder:
        save_classifier(folder, blueprint, fitted.classifier)
        write_csv(folder / "curves.csv", list(best), (row.values() for row in fitted.curves))
        write_json(
            folder / "metrics.json",
            {
                "best_epoch": fitted.best_epoch,
                "epochs": len(fitted.curves),
                "parameters": blueprint.parameters,
                "padding_waste": fitted.padding_waste,
                **{name: value for name, value in best.items() if name != "epoch"},
            },
        )
