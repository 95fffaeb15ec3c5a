"""The members of the run matrix, seed by seed, as MLflow runs: which run each has, and what it says of its origin."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timeshare.core.arithmetic import processor
from timeshare.core.artifacts import digest, read_json
from timeshare.core.config.errors import UserError
from timeshare.core.config.spelling import did_you_mean
from timeshare.models.settings import outside_code
from timeshare.pipeline.commit import CodeState, code_state
from timeshare.pipeline.identity.kept import is_true
from timeshare.pipeline.identity.reads import PARAMS, PIPELINE, SeedReads, Workspace, load_yaml
from timeshare.pipeline.recorded import Recorded
from timeshare.pipeline.variation import DVC_EXPERIMENT, called, changes, of_member, of_repro, shown
from timeshare.tracking.identity import DataInput, RunIdentity, SeedRun
from timeshare.tracking.workplace import Workplace

if TYPE_CHECKING:
    from timeshare.params import Params

# What stages write is in dvc.lock, and no code.
_OUTPUTS = ("data/", "models/", "results/", "tuning/")
_TRACKED = ("train", "evaluate")


def files_named(params: "Params", stage: str, dataset: str, model: str) -> list[Path]:
    """The files that settings make a member's train or evaluate read: word vectors, and the code of its scheme."""
    vectors = params.training_for(dataset, model).vectors if stage == "train" else None
    return [Path(file) for file in (vectors, outside_code(params.model(model))) if file is not None]


def member_run(root: Path, reads: SeedReads, trained_by: SeedReads, dataset: str, model: str) -> RunIdentity:
    """The run that a stage records into for a seed: the run of that seed's training.

    Args:
        root: the project.
        reads: what the stage reads.
        trained_by: what the training that makes, or made, the model reads.
        dataset: with `model`: the member.
    """
    stage = reads.stage.partition("@")[0]
    code = code_state(root, (PARAMS, PIPELINE, *(path for path in reads.inputs if not path.startswith(_OUTPUTS))))
    run = added_run(root, trained_by, dataset, model)
    return replace(
        run,
        tags={**run.tags, **_tags(stage, reads, code)},
        documents={f"lineage/{stage}": _lineage(reads, code)},
        inputs=_data_inputs(reads, dataset),
        adds=stage != "train",
    )


def added_run(root: Path, trained_by: SeedReads, dataset: str, model: str) -> RunIdentity:
    """The run of a seed's training as one that is only added to, by what says nothing of its own origin.

    A seed or a model that params.yaml does not run stands by itself: it would stretch a repro that is over.
    """
    seed, changed = trained_by.seed, of_member(root, changes(root), dataset, model)
    label = called(model, changed)
    run = load_yaml(root / PARAMS).get("run") or {}
    is_of_run = all(
        one in (run.get(which) or ()) for which, one in (("datasets", dataset), ("models", model), ("seeds", seed))
    )
    return RunIdentity(
        experiment=f"timeshare/{dataset}",
        name=f"{label}, seed {seed}" if changed else f"{model}-{seed}",
        key=trained_by.key,
        tags={"timeshare.dataset": dataset, "timeshare.model": model, "timeshare.seed": str(seed)},
        params={
            "model": label,
            "dataset": dataset,
            "seed": str(seed),
            **({"changed": called("", changed)} if changed else {}),
        },
        parent=repro_run(root, dataset) if is_of_run else None,
        adds=True,
    )


def tuning_run(root: Path, reads: SeedReads, key: str, dataset: str, model: str) -> RunIdentity:
    """The run that stands for a member's tuning, above those of its trials.

    Args:
        root: the project.
        reads: what the choice is made of.
        key: digest of what its fits have in common.
        dataset: with `model`: the member.
    """
    code = code_state(root, (PARAMS, PIPELINE, *(path for path in reads.inputs if not path.startswith(_OUTPUTS))))
    return RunIdentity(
        experiment=f"timeshare/{dataset}",
        name=f"tune {called(model, of_member(root, changes(root), dataset, model))}",
        key=digest({"tuning": key}),
        tags={
            "timeshare.kind": "tuning",
            "timeshare.dataset": dataset,
            "timeshare.model": model,
            **({"tune.commit": code.commit, "tune.dirty": "true" if code.changed else "false"} if code else {}),
        },
        documents={"lineage/tune": _lineage(reads, code)},
        inputs=_data_inputs(reads, dataset),
        parent=repro_run(root, dataset),
    )


def repro_run(root: Path, dataset: str) -> RunIdentity:
    """The run that stands for a `dvc repro` of these parameters, above its members on one dataset."""
    content = load_yaml(root / PARAMS)
    params, changed, run = digest(content), changes(root), content.get("run") or {}
    return RunIdentity(
        experiment=f"timeshare/{dataset}",
        name=of_repro(changed, params),
        key=digest({"repro": params, "dataset": dataset}),
        tags={"timeshare.kind": "repro", "timeshare.dataset": dataset, "timeshare.params": params},
        params={
            "dataset": dataset,
            **{f"run.{which}": shown(run.get(which)) for which in ("models", "seeds")},
            **{key: shown(value) for key, value in changed.items()},
        },
    )


def report_run(root: Path, dataset: str) -> RunIdentity:
    """The same, as the report sees it, which says last which code it was; a report made anew stretches no repro."""
    run = repro_run(root, dataset)
    code = code_state(root, (PARAMS, PIPELINE, "src"))
    tags = {**run.tags, "mlflow.source.name": "report", "mlflow.source.type": "JOB"}
    if code:
        tags |= {"mlflow.source.git.commit": code.commit, "report.dirty": "true" if code.changed else "false"}
    return replace(run, tags=tags, adds=True)


def seed_runs_of(root: Path, params: "Params") -> list[SeedRun]:
    """Every member of the run, seed by seed, with its state and its run."""
    workspace = Workspace(root)
    recorded = Recorded(workspace)
    return [
        _member(workspace, recorded, params, dataset, model, seed)
        for dataset in params.run.datasets
        for model in params.run.models
        for seed in params.run.seeds
    ]


def runs_of_stage(root: Path, stage: str, params: "Params") -> dict[int, str]:
    """The ids of the runs of a lock entry, by seed.

    Args:
        root: the project.
        stage: a name in dvc.lock, such as train@parity-shared or evaluate@parity-shared.
        params: name the stages of the run, of which one may be meant.
    Raises:
        UserError: there is no such entry, or no run of it.
    """
    kind, _, member = stage.partition("@")
    run = params.run
    known = [f"{one}@{data}-{model}" for one in _TRACKED for data in run.datasets for model in run.models]
    if kind not in _TRACKED:
        raise UserError(f"{stage}: has no runs; those of train@… and evaluate@… have{did_you_mean(stage, known)}")
    recorded = Recorded(Workspace(root))
    training = f"train@{member}"
    if not recorded.seeds(training) or not recorded.seeds(stage):
        missing = f"is no stage of the run, whose names are in params.yaml{did_you_mean(stage, known)}"
        raise UserError(f"{stage}: {f'has not run; `dvc repro {stage}` runs it' if stage in known else missing}")
    keys = {seed: _trained(root, recorded.training(training, seed)).key for seed in recorded.seeds(training)}
    runs = {seed: run_id for seed, key in keys.items() if (run_id := _note(root, key).get("run_id"))}
    if not runs:
        raise UserError(
            f"{stage}: no run of it was tracked here; on another server look for the tag timeshare.key "
            + ", ".join(keys.values())
        )
    return runs


def _trained(root: Path, locked: SeedReads) -> SeedReads:
    """What a locked training read, with the files that DVC does not watch: the seed's folder alone knows them."""
    dataset, _, model = locked.stage.partition("@")[2].partition("-")
    try:
        made_of = SeedReads.of_folder(root / "models" / dataset / model / str(locked.seed))
    except UserError:
        return locked
    watched = {path: md5 for path, md5 in made_of.inputs.items() if path in locked.inputs}
    return made_of if replace(made_of, inputs=watched) == locked else locked


def _member(workspace: Workspace, recorded: Recorded, params: "Params", dataset: str, model: str, seed: int) -> SeedRun:
    folders = {
        stage: workspace.root / output / dataset / model / str(seed)
        for stage, output in (("train", "models"), ("evaluate", "results"))
    }
    try:
        key = SeedReads.of_folder(folders["train"]).key
    except UserError:
        return SeedRun(dataset, model, seed, "missing")
    if not folders["evaluate"].exists():
        state = "missing"
    elif recorded.is_stale(f"size@{dataset}") or not _are_true(workspace, folders, params, dataset, model, seed):
        state = "stale"
    else:
        state = "up to date"
    note = _note(workspace.root, key)
    return SeedRun(dataset, model, seed, state, key, note.get("run_id", ""), note.get("experiment_id", ""))


def _are_true(
    workspace: Workspace, folders: dict[str, Path], params: "Params", dataset: str, model: str, seed: int
) -> bool:
    item = {"dataset": dataset, "model": model}
    try:
        return all(
            is_true(folder, workspace.reads(stage, item, seed, files_named(params, stage, dataset, model)))
            for stage, folder in folders.items()
        )
    except UserError:  # Something that it reads is gone.
        return False


def _note(root: Path, key: str) -> dict[str, str]:
    """What the sender has noted of a run; empty if nothing."""
    path = Workplace(root).runs / f"{key}.json"
    if not path.exists():
        return {}
    try:
        return {name: str(value) for name, value in read_json(path).items()}
    except (UserError, AttributeError):
        print(f"{path}: is damaged; remove it: it only says which run of MLflow is the seed's", file=sys.stderr)
        return {}


def _data_inputs(reads: SeedReads, dataset: str) -> tuple[DataInput, ...]:
    return tuple(
        DataInput(dataset, md5, path) for path, md5 in reads.inputs.items() if path == f"data/prepared/{dataset}"
    )


def _tags(stage: str, reads: SeedReads, code: CodeState | None) -> dict[str, str]:
    """What a run's page says about where the run comes from; the stages of a run have tags of their own."""
    tags = {
        f"{stage}.dvc_stage": os.environ.get("DVC_STAGE", reads.stage),
        f"{stage}.key": reads.key,
        f"{stage}.processor": processor()[0],
    }
    if DVC_EXPERIMENT in os.environ:
        tags[f"{stage}.dvc_experiment"] = os.environ[DVC_EXPERIMENT]
    if code:
        tags[f"{stage}.commit"] = code.commit
        tags[f"{stage}.dirty"] = "true" if code.changed else "false"
    if stage == "train":
        tags["mlflow.source.name"] = reads.stage
        tags["mlflow.source.type"] = "JOB"
        tags["mlflow.note.content"] = _description(reads, code)
        if code:
            tags["mlflow.source.git.commit"] = code.commit
    return tags


def _lineage(reads: SeedReads, code: CodeState | None) -> dict[str, Any]:
    """The same in full, for machines."""
    return {
        "stage": reads.stage,
        "seed": reads.seed,
        "key": reads.key,
        "inputs": dict(reads.inputs),
        "params": {file: dict(values) for file, values in reads.params.items()},
        "commit": code.commit if code else None,
        "changed": list(code.changed) if code else None,
    }


def _description(reads: SeedReads, code: CodeState | None) -> str:
    """The same in words, in Markdown, for the head of the run's page."""
    lines = [
        f"Seed {reads.seed} of `{reads.stage}`; `timeshare runs {reads.stage} {reads.seed}` leads from dvc.lock to "
        "this run.",
        "",
    ]
    if code is None:
        lines.append("- code: git names no commit of it")
    else:
        changed = f", and changes to {', '.join(code.changed)}" if code.changed else ", unchanged"
        lines.append(f"- code: commit `{code.commit}`{changed}")
    lines += [f"- read {key} of {file}" for file, values in reads.params.items() for key in values]
    lines += [f"- read `{path}`, md5 `{md5}`" for path, md5 in reads.inputs.items()]
    return "\n".join(lines)
