"""train@dataset-model: fit one model with each seed, and write models/DATASET/MODEL/SEED."""

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.arithmetic import settle
from timeshare.core.artifacts import write_csv, write_json
from timeshare.core.config.errors import UserError
from timeshare.core.imports import importing
from timeshare.core.progress import Note, noting, part
from timeshare.models.settings import outside_code
from timeshare.pipeline.identity.kept import seed_folder, seeds_to_make
from timeshare.pipeline.identity.reads import SeedReads
from timeshare.pipeline.members import files_named, member_run
from timeshare.pipeline.unwatched import note_unwatched
from timeshare.tracking.tracker import Tracker
from timeshare.tuning.choice import CHOICE, applied, choice_folder, read_choice

if TYPE_CHECKING:
    from timeshare.core.prepared.store import PreparedData
    from timeshare.core.prepared.text import Vocabulary
    from timeshare.models.saved import Blueprint
    from timeshare.params import Params
    from timeshare.train.fit import Fitted
    from timeshare.train.settings import TrainSettings

# A process's number among those of one training: by torchrun, Lightning, a machine, SLURM and LSF.
_RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")


def main(params: "Params", dataset: str, model: str) -> None:
    """Fit the seeds that are not there yet, each going on where an interrupted fit of the very same inputs stopped."""
    settle(params.trainer.arithmetic)
    first = is_first_process()
    output = Path("models") / dataset / model
    item = {"dataset": dataset, "model": model}
    also = files_named(params, "train", dataset, model)
    seeds = seeds_to_make(output, "train", item, params.run.seeds, also=also, clear=first)
    if not seeds:
        return
    training = _training(params, dataset, model, next(iter(seeds.values())), first)
    if first:
        note_unwatched("train", item, also)
    with importing():
        # Not at the top: where every seed is there, nothing of torch and Lightning is needed.
        import timeshare.train.fit  # noqa: F401
        from timeshare.core.prepared.store import PreparedData
        from timeshare.models.saved import Blueprint
    member = _Member(
        dataset,
        model,
        Blueprint.load(Path("data/sizes") / dataset / f"{model}.json"),
        training,
        PreparedData.open(Path("data/prepared") / dataset, ("train", "valid")),
    )
    note = noting()
    for number, reads in enumerate(seeds.values()):
        _train(params, member, reads, first, part(note, number, len(seeds), f"seed {reads.seed}"))


def is_first_process() -> bool:
    """Whether this is the one of several processes that train a seed together which tracks and writes."""
    return all(os.environ.get(rank, "0") == "0" for rank in _RANKS)


@dataclass(frozen=True)
class _Member:
    """What the fits of all seeds have in common."""

    dataset: str
    model: str
    blueprint: "Blueprint"
    training: "TrainSettings"
    data: "PreparedData"


def _training(params: "Params", dataset: str, model: str, reads: SeedReads, first: bool) -> "TrainSettings":
    """What params.yaml says with the tuned choice over it, but for keys that were edited since."""
    folder = choice_folder(dataset, model)
    choice = read_choice(folder)
    training, edited = applied(choice, params.training_for(dataset, model), folder / CHOICE)
    if not first:
        return training
    for key, value in edited.items():
        print(
            f"{dataset} {model}: training.{key} is {value} in params.yaml and was {choice.instead_of[key]} when it was "
            f"tuned: the edit wins over the tuned {choice.training[key]}",
            file=sys.stderr,
        )
    if choice.training and _tuned_on(folder, dataset) not in (None, reads.inputs[f"data/prepared/{dataset}"]):
        print(
            f"{dataset} {model}: was tuned on other prepared data than this; `timeshare tune --now {dataset} {model}` "
            "tunes it anew",
            file=sys.stderr,
        )
    return training


def _tuned_on(folder: Path, dataset: str) -> str | None:
    """The md5 of the prepared data that a choice was made on; None if nobody says."""
    try:
        return SeedReads.of_folder(folder).inputs.get(f"data/prepared/{dataset}")
    except UserError:
        return None


def _train(params: "Params", member: _Member, reads: SeedReads, first: bool, note: Note | None) -> None:
    """Fit one seed, with a run of its own, and write its folder."""
    from timeshare.core.prepared.layout import rows_of
    from timeshare.train.fit import fit

    seed, dataset, model = reads.seed, member.dataset, member.model
    blueprint, data = member.blueprint, member.data
    target = Path("models") / dataset / model / str(seed)
    wastes = {f"waste_of_{layout}": waste for layout, waste in data.meta["waste"].items()}
    checkpoints = Path(".timeshare/checkpoints") / f"{dataset}-{model}-{seed}"
    if first:
        _remove_others(checkpoints, reads.key)
    tracking = params.tracking.model_copy(update={"enabled": params.tracking.enabled and first})
    with ExitStack() as recording:
        run = member_run(Path(), reads, reads, dataset, model)
        tracker = recording.enter_context(Tracker.open(Path(), tracking, run))
        tracker.params(
            {
                "model": blueprint.settings.model_dump(mode="json"),
                "training": member.training.model_dump(mode="json"),
                "trainer": params.trainer.model_dump(mode="json"),
                "data": rows_of(data.meta),
            }
        )
        tracker.artifact(Path("params.yaml"))

        def publish(epoch: int, figures: Mapping[str, float]) -> None:
            # The evaluation has a train_accuracy of its own, that of the finished model.
            tracker.metrics({f"epoch/{name}": value for name, value in figures.items()}, step=epoch)
            if note is not None:  # Somebody shows it.
                return
            print(
                f"{dataset} {model} {seed}: epoch {epoch + 1}"
                f"  train: loss {figures['train_loss']:.4f}, {100 * figures['train_accuracy']:.1f} % right"
                f"  valid: loss {figures['valid_loss']:.4f}, {100 * figures['valid_accuracy']:.1f} % right",
                file=sys.stderr,
            )

        fitted = fit(
            blueprint,
            data,
            train=member.training,
            trainer=params.trainer,
            seed=seed,
            checkpoints=checkpoints / reads.key,
            publish=publish,
            publish_batches=lambda figures: tracker.table("layout", ("figure", "value"), {**figures, **wastes}.items()),
            publish_loss=lambda step, loss: tracker.metrics({"step/train_loss": loss}, step=step),
            note=note,
        )
        if fitted.is_global_zero:
            tracker.metrics({"tokens_per_second": fitted.tokens_per_second}, step=fitted.best_epoch)
            # The sizes were settled without knowing of word vectors that do not learn.
            frozen = sum(weights.numel() for weights in fitted.classifier.parameters() if not weights.requires_grad)
            with seed_folder(target, reads) as folder:
                _write(folder, replace(blueprint, parameters=blueprint.parameters - frozen), fitted)
                tracker.artifact(folder / "curves.csv")
                model_files = (folder / "model.json", folder / "model.safetensors")
                data_files = (data.folder / "vocab.json", data.folder / "meta.json")
                tracker.model(
                    [*model_files, *data_files],
                    example=_example(data.vocabulary),
                    step=fitted.best_epoch,
                    code=outside_code(blueprint.settings),
                )
                # Before the folder is in its place: a seed that is there is not trained again, and so not recorded.
                recording.close()
            shutil.rmtree(checkpoints, ignore_errors=True)


def _example(vocabulary: "Vocabulary") -> str:
    """A text that any model of the dataset can label: its most frequent tokens."""
    from timeshare.core.prepared.text import SPECIAL_TOKENS

    return " ".join(vocabulary.tokens[len(SPECIAL_TOKENS) :][:6])


def _remove_others(checkpoints: Path, key: str) -> None:
    """Remove this seed's checkpoints of other parameters, data or code: they are stale for good."""
    for folder in checkpoints.glob("*"):
        if folder.name != key:
            shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, blueprint: "Blueprint", fitted: "Fitted") -> None:
    from timeshare.models.saved import save_classifier

    best = fitted.curves[fitted.best_epoch]
    save_classifier(folder, blueprint, fitted.classifier)
    write_csv(folder / "curves.csv", tuple(best), (row.values() for row in fitted.curves))
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
