from pathlib import Path

import pytest
import yaml
from timeshare.tracking.lineage import Lock, workspace_reads
from timeshare.tracking.members import member_run, member_runs, repro_run, run_of_stage

from tests.tracking.conftest import git
from timeshare.core.artifacts import write_json
from timeshare.core.config import Params, UserError
from timeshare.tracking import lineage
from timeshare.tracking.workplace import Workplace

MEMBER = ("parity", "shared", 0)


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "_LOCK_PAUSE_SECONDS", 0.0)


@pytest.fixture
def trained(prepared_pipeline: Path) -> Path:
    """The pipeline after train@parity-shared-0 and evaluate@parity-shared-0, as dvc.lock would have it."""
    stages = {}
    for stage, out in (("train", "models"), ("evaluate", "results")):
        path = f"{out}/parity/shared/0"
        (prepared_pipeline / path).parent.mkdir(parents=True)
        (prepared_pipeline / path).write_text("x")
        reads = workspace_reads(prepared_pipeline, stage, {"dataset": "parity", "model": "shared", "seed": 0})
        stages[reads.stage] = {
            "cmd": "x",
            "deps": [{"path": path, "hash": "md5", "md5": md5} for path, md5 in reads.inputs.items()],
            "params": {file: dict(values) for file, values in reads.params.items()},
            "outs": [{"path": path, "hash": "md5", "md5": "0" * 32}],
        }
        (prepared_pipeline / "dvc.lock").write_text(
            yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False)
        )
    return prepared_pipeline


def note_run(root: Path, key: str, run_id: str) -> None:
    write_json(Workplace(root).runs / f"{key}.json", {"run_id": run_id})


def test_train_and_evaluate_record_into_one_run(trained: Path) -> None:
    training, _ = member_run(trained, "train", *MEMBER)
    evaluation, reads = member_run(trained, "evaluate", *MEMBER)
    assert evaluation.key == training.key != reads.key
    assert (evaluation.experiment, evaluation.name) == ("timeshare/parity", "shared-0")


def test_evaluate_records_into_the_run_that_trained_the_model(trained: Path) -> None:
    """Even if the working tree has moved on since: its next training will be another run."""
    trained_by, _ = member_run(trained, "train", *MEMBER)
    (trained / "code/fit.py").write_text("other code")
    evaluation, _ = member_run(trained, "evaluate", *MEMBER)
    assert evaluation.key == trained_by.key
    assert member_run(trained, "train", *MEMBER)[0].key != trained_by.key


def test_a_lock_that_is_cut_short_gives_the_same_runs(trained: Path) -> None:
    """As a stage sees it that begins while DVC writes the entry of another."""
    whole = (trained / "dvc.lock").read_text()
    expected = member_run(trained, "train", *MEMBER)[0].key
    for length in range(0, len(whole), 97):
        (trained / "dvc.lock").write_text(whole[:length])
        for stage in ("train", "evaluate"):
            assert member_run(trained, stage, *MEMBER)[0].key == expected


def test_a_run_says_where_it_comes_from(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(trained, "init")
    git(trained, "add", "code", "params.yaml", "dvc.yaml")
    git(trained, "commit", "--message", "first")
    monkeypatch.setenv("DVC_STAGE", "train@parity-shared-0")
    monkeypatch.setenv("DVC_EXP_NAME", "sunny-bear")
    clean, reads = member_run(trained, "train", *MEMBER)
    assert clean.tags["train.dirty"] == "false"
    assert len(clean.tags["train.commit"]) == 40
    assert clean.tags["mlflow.source.git.commit"] == clean.tags["train.commit"]
    assert clean.tags["train.dvc_stage"] == "train@parity-shared-0"
    assert clean.tags["train.dvc_experiment"] == "sunny-bear"
    assert clean.documents["lineage/train"]["inputs"] == reads.inputs
    assert clean.documents["lineage/train"]["params"] == reads.params
    (data,) = clean.inputs
    assert (data.name, data.digest) == ("parity", reads.inputs["data/prepared/parity"])
    assert reads.inputs["data/prepared/parity"] in clean.tags["mlflow.note.content"]

    (trained / "params.yaml").write_text((trained / "params.yaml").read_text() + "extra: 1\n")
    (trained / "code/nn/new.py").write_text("")
    (trained / "unrelated.py").write_text("")
    changed, _ = member_run(trained, "train", *MEMBER)
    assert changed.tags["train.dirty"] == "true"
    assert changed.documents["lineage/train"]["changed"] == ["params.yaml", "code/nn/new.py"]


def test_outside_a_repository_it_says_so(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(trained.parent))
    run, _ = member_run(trained, "train", *MEMBER)
    assert "train.commit" not in run.tags
    assert "not in a git repository" in run.tags["mlflow.note.content"]


def test_evaluate_adds_to_the_run_and_changes_nothing_of_train(trained: Path) -> None:
    training, _ = member_run(trained, "train", *MEMBER)
    evaluation, _ = member_run(trained, "evaluate", *MEMBER)
    shared = set(training.tags) & set(evaluation.tags)
    assert {name: training.tags[name] for name in shared} == {name: evaluation.tags[name] for name in shared}
    assert not set(training.documents) & set(evaluation.documents)
    assert (training.adds, evaluation.adds) == (False, True)


def test_a_repro_is_its_parameters(prepared_pipeline: Path) -> None:
    params = prepared_pipeline / "params.yaml"
    first = repro_run(prepared_pipeline, "parity")
    params.write_text("# a comment changes nothing\n" + params.read_text())
    assert repro_run(prepared_pipeline, "parity") == first
    params.write_text(params.read_text() + "extra: 1\n")
    second = repro_run(prepared_pipeline, "parity")
    assert second.key != first.key
    assert second.name == f"repro-{second.tags['timeshare.params'][:8]}" != first.name


def test_members_with_their_states_and_runs(trained: Path, params: Params) -> None:
    shared, *others = member_runs(trained, params)
    assert [(member.model, member.seed) for member in others] == [("shared", 1), ("unshared", 0), ("unshared", 1)]
    assert (shared.state, shared.run_id) == ("up to date", "")
    assert all((member.state, member.key, member.run_id) == ("missing", "", "") for member in others)
    note_run(trained, shared.key, "run 1")
    assert member_runs(trained, params)[0].run_id == "run 1"

    (trained / "params.yaml").write_text((trained / "params.yaml").read_text().replace("[hold, cycle]", "[hold]"))
    shared = member_runs(trained, params)[0]
    assert (shared.state, shared.run_id) == ("stale", "run 1")


def test_the_run_of_a_lock_entry(trained: Path) -> None:
    with pytest.raises(UserError, match=r"train@parity-shared-1: is not in dvc\.lock"):
        run_of_stage(trained, "train@parity-shared-1")
    with pytest.raises(UserError, match="prepare@parity: has no run"):
        run_of_stage(trained, "prepare@parity")
    training = Lock(trained).reads("train@parity-shared-0")
    assert training is not None
    with pytest.raises(UserError, match=training.key):
        run_of_stage(trained, "train@parity-shared-0")
    note_run(trained, training.key, "run 1")
    assert run_of_stage(trained, "train@parity-shared-0") == "run 1"
    assert run_of_stage(trained, "evaluate@parity-shared-0") == "run 1"
