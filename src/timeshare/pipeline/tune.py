"""tune@dataset-model: choose settings of training, and write tuning/DATASET/MODEL; or do so for all members now."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timeshare.core.arithmetic import settle
from timeshare.core.config.errors import UserError
from timeshare.core.config.spelling import did_you_mean
from timeshare.pipeline.identity.kept import is_true, seed_folder
from timeshare.pipeline.identity.reads import PARAMS, SeedReads, Workspace
from timeshare.pipeline.members import files_named, tuning_run
from timeshare.tracking.tracker import Tracker
from timeshare.tuning.choice import CHOICE, choice_folder, write_empty_choice

if TYPE_CHECKING:
    from timeshare.params import Params
    from timeshare.tuning.decision import Result
    from timeshare.tuning.search import Member

# Of the section `tuning`: what no fit depends on, and what decides how many there are.
_PLACES, _AMOUNTS = {"frozen", "storage"}, ("trials", "finalists", "finalist_seeds")


def main(
    params: "Params", dataset: str | None = None, model: str | None = None, now: bool = False, jobs: int = 1
) -> None:
    """Tune one member as the stage, or some now.

    Args:
        params: params.yaml.
        dataset: of the member; None, with `now`: all of the run.
        model: the same.
        now: do it whether or not `tuning.frozen` is set.
        jobs: processes side by side.
    Raises:
        UserError: there is no such member, or what is in the way of tuning it.
    """
    if jobs < 1:
        raise UserError(f"--jobs {jobs}: give at least 1")
    members = members_named(params, dataset, model)
    if now:
        _tune(params, members, jobs)
    elif dataset is None or model is None:
        raise UserError("name a dataset and a model, or give --now to tune all members of the run")
    elif params.tuning.frozen:
        _keep(params, dataset, model)
    else:
        _tune(params, [(dataset, model)], jobs)


def members_named(params: "Params", dataset: str | None, model: str | None) -> list[tuple[str, str]]:
    """The members of a dataset with a model, None standing for all of the run.

    Raises:
        UserError: the run has no such dataset or model.
    """
    for given, names, kind in ((dataset, params.run.datasets, "dataset"), (model, params.run.models, "model")):
        if given is not None and given not in names:
            raise UserError(
                f"{given}: is no {kind} of the run; name one of {', '.join(names)}, or add it to run.{kind}s"
                + did_you_mean(given, names)
            )
    datasets, models = ([dataset] if dataset else params.run.datasets), ([model] if model else params.run.models)
    return [(dataset, model) for dataset in datasets for model in models]


def _keep(params: "Params", dataset: str, model: str) -> None:
    """Leave the choice that is there, or say that there is none; say where it was made with other settings."""
    folder = choice_folder(dataset, model)
    if not (folder / CHOICE).exists():
        write_empty_choice(folder)
        return
    try:
        made_of = SeedReads.of_folder(folder)
    except UserError:  # It has none where nothing was tuned.
        return
    now = {PARAMS: _what_decides(params, dataset, model)}
    if made_of.params != now:
        changed = sorted(
            section for section, value in now[PARAMS].items() if made_of.params.get(PARAMS, {}).get(section) != value
        )
        print(
            f"{folder}: was made with other settings ({', '.join(changed)}) and stays, since tuning.frozen is true; "
            f"`timeshare tune --now {dataset} {model}` makes it anew",
            file=sys.stderr,
        )


def _tune(params: "Params", members: list[tuple[str, str]], jobs: int) -> None:
    settle(params.trainer.arithmetic)
    to_tune, write = to_be_tuned(params, members)
    if to_tune:
        # Not at the top: where nothing is to be done, torch and Optuna are not needed.
        from timeshare.tuning.workers import tune

        tune(to_tune, jobs, write)


def to_be_tuned(
    params: "Params", members: list[tuple[str, str]]
) -> tuple[list["Member"], Callable[["Member", "Result"], None]]:
    """Those of some members whose choice is not true, and what writes a choice that is made.

    Raises:
        UserError: something that tuning reads is missing.
    """
    workspace = Workspace(Path())
    reads: dict[tuple[str, str], SeedReads] = {}
    for dataset, model in members:
        size = Path("data/sizes") / dataset / f"{model}.json"
        if not size.exists():
            raise UserError(f"{size}: no such file; `dvc repro size@{dataset}` makes it, and all that it needs")
        made_of = _reads(params, workspace, dataset, model)
        if not is_true(choice_folder(dataset, model), made_of):
            reads[dataset, model] = made_of
    if len(reads) < len(members):
        print(f"{len(members) - len(reads)} of {len(members)} members are tuned already", file=sys.stderr)

    def write(member: "Member", result: "Result") -> None:
        _write(params, member, result, reads[member.dataset, member.model])

    return [_member(params, made_of, *names) for names, made_of in reads.items()], write


def _member(params: "Params", made_of: SeedReads, dataset: str, model: str) -> "Member":
    from timeshare.tuning.search import Member

    key = _key_of_fits(made_of)
    return Member(
        Path(),
        dataset,
        model,
        params.training_for(dataset, model),
        params.trainer,
        params.tuning,
        params.tracking,
        tuning_run(Path(), made_of, key, dataset, model),
        key,
    )


def _write(params: "Params", member: "Member", result: "Result", reads: SeedReads) -> None:
    folder = choice_folder(member.dataset, member.model)
    with Tracker.open(Path(), params.tracking, member.run) as tracker, seed_folder(folder, reads) as scratch:
        result.write(scratch)
        choice = result.choice()
        # No params: MLflow lets none change, and more trials may choose otherwise.
        tracker.tags({f"tuned.{key}": str(value) for key, value in choice["training"].items()})
        figures = {name: choice[name] for name in ("trials", "tokens", "valid_accuracy", "guess_accuracy")}
        tracker.metrics(
            {
                **{name: value for name, value in figures.items() if value is not None},
                "failed": sum(bool(fit.failed) for fit in result.fits),
                "minutes": sum(fit.seconds for fit in result.fits) / 60,
            }
        )
        for file in sorted(scratch.iterdir()):
            tracker.artifact(file)


def _reads(params: "Params", workspace: Workspace, dataset: str, model: str) -> SeedReads:
    """What a member's choice is made of: the stage's inputs, and what decides of params.yaml."""
    item = {"dataset": dataset, "model": model}
    also = files_named(params, "train", dataset, model)
    reads = workspace.reads("tune", item, params.tuning.seed, also)
    return replace(reads, params={PARAMS: _what_decides(params, dataset, model)})


def _what_decides(params: "Params", dataset: str, model: str) -> dict[str, Any]:
    """What a choice depends on of params.yaml; no tuned key is among it: each trial has its own value of it.

    So an edit of a tuned key by hand leaves the choice up to date.
    """
    training = params.training_for(dataset, model).model_dump(mode="json")
    return {
        "trainer": params.trainer.model_dump(mode="json"),
        "training": {key: value for key, value in training.items() if key not in params.tuning.space},
        "tuning": params.tuning.model_dump(mode="json", exclude=_PLACES),
    }


def _key_of_fits(reads: SeedReads) -> str:
    """What the fits of a choice have in common; with more of them asked for, those that are there are still true."""
    decides = dict(reads.params[PARAMS])
    decides["tuning"] = {key: value for key, value in decides["tuning"].items() if key not in _AMOUNTS}
    return replace(reads, params={PARAMS: decides}).key
