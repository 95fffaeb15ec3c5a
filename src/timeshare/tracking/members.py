"""The members of the run matrix as MLflow runs: which run each one has, and what its page says of its origin."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from timeshare.core.artifacts import digest, read_json
from timeshare.core.config.errors import UserError
from timeshare.tracking.identity import DataInput, RunIdentity
from timeshare.tracking.lineage import (
    PARAMS,
    PIPELINE,
    Item,
    Lock,
    StageReads,
    load_yaml,
    stage_name,
    workspace_reads,
)
from timeshare.tracking.versions import CodeState, code_state
from timeshare.tracking.workplace import Workplace

if TYPE_CHECKING:
    from timeshare.params import Params

# DVC's own words for the experiment a stage runs in, where there is one.
_DVC_EXPERIMENT = "DVC_EXP_NAME"
# What stages write is in dvc.lock, and no code.
_OUTPUTS = ("data/", "models/", "results/")


@dataclass(frozen=True)
class MemberRun:
    """A member of the run matrix.

    Attributes:
        state: 'up to date', 'stale' or 'missing': whether `dvc repro` would train or evaluate it.
        key: tag timeshare.key of its run; empty if it was never trained.
        run_id: its run, as far as this project's sender knows; empty if it was not tracked, or tracked elsewhere.
        experiment_id: the same for the run's experiment.
    """

    dataset: str
    model: str
    seed: int
    state: str
    key: str = ""
    run_id: str = ""
    experiment_id: str = ""

    def metrics(self, root: Path, *outputs: Literal["models", "results"]) -> dict[str, float]:
        """What stages left of its metrics in these outputs of the project; the later output wins."""
        files = (root / output / self.dataset / self.model / str(self.seed) / "metrics.json" for output in outputs)
        return {name: value for file in files if file.exists() for name, value in read_json(file).items()}


def member_run(
    root: Path, stage: Literal["train", "evaluate"], dataset: str, model: str, seed: int
) -> tuple[RunIdentity, StageReads]:
    """The run that a stage of a member records into: the run of the member's training.

    Args:
        root: the project.
        stage: the stage that is about to run.
        dataset: with `model` and `seed`: the member.
    Returns:
        The run, and what the stage reads, whose key identifies its checkpoints too.
    Raises:
        ValueError: dvc.yaml does not define the stage.
        FileNotFoundError: something that the stage reads is missing.
    """
    item: Item = {"dataset": dataset, "model": model, "seed": seed}
    lock = Lock(root)
    reads = workspace_reads(root, stage, item, lock)
    # The model at hand was trained by what the lock says, whatever the working tree has come to since.
    locked = lock.reads(stage_name("train", item)) if stage == "evaluate" else None
    training = locked or (reads if stage == "train" else workspace_reads(root, "train", item, lock))
    code_paths = (path for path in reads.inputs if not path.startswith(_OUTPUTS))
    code = code_state(root, (PARAMS, PIPELINE, *code_paths))
    run = RunIdentity(
        experiment=f"timeshare/{dataset}",
        name=f"{model}-{seed}",
        key=training.key,
        tags={
            "timeshare.dataset": dataset,
            "timeshare.model": model,
            "timeshare.seed": str(seed),
            **_tags(stage, reads, code),
        },
        documents={f"lineage/{stage}": _lineage(reads, code)},
        inputs=tuple(
            DataInput(dataset, md5, path) for path, md5 in reads.inputs.items() if path == f"data/prepared/{dataset}"
        ),
        parent=repro_run(root, dataset),
        adds=stage == "evaluate",
    )
    return run, reads


def repro_run(root: Path, dataset: str) -> RunIdentity:
    """The run that stands for a `dvc repro` of these parameters, above its members on one dataset."""
    params = digest(load_yaml(root / PARAMS))
    return RunIdentity(
        experiment=f"timeshare/{dataset}",
        name=f"repro-{params[:8]}",
        key=digest({"repro": params, "dataset": dataset}),
        tags={"timeshare.kind": "repro", "timeshare.dataset": dataset, "timeshare.params": params},
    )


def member_runs(root: Path, params: "Params") -> list[MemberRun]:
    """Every member of the run, with its state and its run."""
    lock = Lock(root)
    return [
        _member(root, lock, dataset, model, seed)
        for dataset in params.run.datasets
        for model in params.run.models
        for seed in params.run.seeds
    ]


def run_of_stage(root: Path, stage: str) -> str:
    """The id of the run of a lock entry.

    Args:
        root: the project.
        stage: a name in dvc.lock, such as train@parity-shared-0 or evaluate@parity-shared-0.
    Raises:
        UserError: there is no such entry, or no run of it.
    """
    kind, _, member = stage.partition("@")
    if kind not in ("train", "evaluate"):
        raise UserError(f"{stage}: has no run; those of train@… and evaluate@… have")
    lock = Lock(root)
    training = lock.reads(f"train@{member}")
    if training is None or lock.reads(stage) is None:
        raise UserError(f"{stage}: is not in dvc.lock; `dvc repro {stage}` makes it")
    run_id = _note(root, training.key).get("run_id")
    if not run_id:
        raise UserError(
            f"{stage}: no run of it was tracked here; on another server look for the tag timeshare.key {training.key}"
        )
    return run_id


def _member(root: Path, lock: Lock, dataset: str, model: str, seed: int) -> MemberRun:
    item: Item = {"dataset": dataset, "model": model, "seed": seed}
    states = {lock.state(stage_name(stage, item)) for stage in ("train", "evaluate")}
    state = next(state for state in ("missing", "stale", "up to date") if state in states)
    training = lock.reads(stage_name("train", item))
    if training is None:
        return MemberRun(dataset, model, seed, state)
    note = _note(root, training.key)
    return MemberRun(dataset, model, seed, state, training.key, note.get("run_id", ""), note.get("experiment_id", ""))


def _note(root: Path, key: str) -> dict[str, str]:
    """What the sender has noted of a run; empty if nothing."""
    path = Workplace(root).runs / f"{key}.json"
    return dict(read_json(path)) if path.exists() else {}


def _tags(stage: str, reads: StageReads, code: CodeState | None) -> dict[str, str]:
    """What a run's page says about where the run comes from; the stages of a run have tags of their own."""
    tags = {f"{stage}.dvc_stage": os.environ.get("DVC_STAGE", reads.stage), f"{stage}.key": reads.key}
    if _DVC_EXPERIMENT in os.environ:
        tags[f"{stage}.dvc_experiment"] = os.environ[_DVC_EXPERIMENT]
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


def _lineage(reads: StageReads, code: CodeState | None) -> dict[str, Any]:
    """The same in full, for machines."""
    return {
        "stage": reads.stage,
        "key": reads.key,
        "inputs": dict(reads.inputs),
        "params": {file: dict(values) for file, values in reads.params.items()},
        "commit": code.commit if code else None,
        "changed": list(code.changed) if code else None,
    }


def _description(reads: StageReads, code: CodeState | None) -> str:
    """The same in words, in Markdown, for the head of the run's page."""
    lines = [f"Made by `{reads.stage}`; `timeshare runs {reads.stage}` leads from dvc.lock to this run.", ""]
    if code is None:
        lines.append("- code: not in a git repository")
    else:
        changed = f", and changes to {', '.join(code.changed)}" if code.changed else ", unchanged"
        lines.append(f"- code: commit `{code.commit}`{changed}")
    lines += [f"- read {key} of {file}" for file, values in reads.params.items() for key in values]
    lines += [f"- read `{path}`, md5 `{md5}`" for path, md5 in reads.inputs.items()]
    return "\n".join(lines)
