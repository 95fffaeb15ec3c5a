"""Which run a seed has, what it says of its origin, and the way back from dvc.lock."""

import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from tests.pipeline.members import ITEM, SEEDS, git, make_seed, params, write_pipeline
from timeshare.core.arithmetic import processor
from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.pipeline.commit import code_state
from timeshare.pipeline.identity.reads import SEEDS as SEEDS_KEY
from timeshare.pipeline.identity.reads import SeedReads, Workspace
from timeshare.pipeline.members import member_run, report_run, repro_run, runs_of_stage, seed_runs_of
from timeshare.tracking.identity import RunIdentity
from timeshare.tracking.workplace import Workplace

FOLDERS = {"size": "data/prepared/parity", "train": "models/parity/shared", "evaluate": "results/parity/shared"}


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pipeline after train@parity-shared and evaluate@parity-shared, as dvc.lock would have it."""
    monkeypatch.chdir(tmp_path)
    write_pipeline(tmp_path)
    stages = {}
    for stage, output in FOLDERS.items():
        item = {"dataset": "parity"} if stage == "size" else ITEM
        for seed in SEEDS:
            if stage != "size":
                make_seed(tmp_path, stage, seed)
        reads = asdict(Workspace(tmp_path).reads(stage, item, 0))
        if stage != "size":
            reads["params"]["params.yaml"][SEEDS_KEY] = list(SEEDS)
        stages[reads["stage"]] = {
            "cmd": "x",
            "deps": [{"path": path, "hash": "md5", "md5": md5} for path, md5 in reads["inputs"].items()],
            "params": reads["params"],
            "outs": [{"path": output, "hash": "md5", "md5": "0" * 32}],
        }
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False))
    return tmp_path


def run_of(root: Path, stage: str, seed: int = 0) -> RunIdentity:
    reads = Workspace(root).reads(stage, ITEM, seed)
    return member_run(root, reads, SeedReads.of_folder(root / "models/parity/shared" / str(seed)), "parity", "shared")


def training_key(root: Path, seed: int = 0) -> str:
    return Workspace(root).reads("train", ITEM, seed).key


def note_run(root: Path, key: str, run_id: str) -> None:
    write_json(Workplace(root).runs / f"{key}.json", {"run_id": run_id})


def test_evaluate_records_into_the_run_that_trained_the_model(trained: Path) -> None:
    """Even if the working tree has moved on since: its next training will be another run."""
    trained_by = training_key(trained)
    assert run_of(trained, "train").key == trained_by
    (trained / "code/fit.py").write_text("other code")
    evaluation = run_of(trained, "evaluate")
    assert evaluation.key == trained_by != training_key(trained)
    assert evaluation.tags["evaluate.key"] != trained_by
    assert (evaluation.experiment, evaluation.name) == ("timeshare/parity", "shared-0")


def test_a_run_says_where_it_comes_from(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(trained, "init")
    git(trained, "add", "code", "params.yaml", "dvc.yaml")
    git(trained, "commit", "--message", "first")
    monkeypatch.setenv("DVC_STAGE", "train@parity-shared")
    monkeypatch.setenv("DVC_EXP_NAME", "sunny-bear")
    reads = Workspace(trained).reads("train", ITEM, 0)
    clean = run_of(trained, "train")
    assert clean.tags["train.dirty"] == "false"
    assert len(clean.tags["train.commit"]) == 40
    assert clean.tags["mlflow.source.git.commit"] == clean.tags["train.commit"]
    assert clean.tags["train.dvc_stage"] == "train@parity-shared"
    assert clean.tags["train.dvc_experiment"] == "sunny-bear"
    assert clean.tags["train.processor"] == processor()[0]
    assert clean.documents["lineage/train"]["inputs"] == reads.inputs
    assert clean.documents["lineage/train"]["params"] == reads.params
    (data,) = clean.inputs
    assert (data.name, data.digest) == ("parity", reads.inputs["data/prepared/parity"])
    assert reads.inputs["data/prepared/parity"] in clean.tags["mlflow.note.content"]
    assert "Seed 0 of `train@parity-shared`" in clean.tags["mlflow.note.content"]

    (trained / "params.yaml").write_text((trained / "params.yaml").read_text() + "extra: 1\n")
    (trained / "code/nn/a new é.py").write_text("")
    (trained / "unrelated.py").write_text("")
    changed = run_of(trained, "train")
    assert changed.tags["train.dirty"] == "true"
    assert changed.documents["lineage/train"]["changed"] == ["params.yaml", "code/nn/a new é.py"]


def test_outside_a_repository_it_says_so(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(trained.parent))
    run = run_of(trained, "train")
    assert "train.commit" not in run.tags
    assert "git names no commit" in run.tags["mlflow.note.content"]


def test_a_repository_that_git_does_not_trust_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert [code_state(tmp_path, ["a"]) for _ in range(2)] == [None, None]
    (said,) = capsys.readouterr().err.splitlines()
    assert f"`git config --global --add safe.directory {tmp_path}`" in said


def test_evaluate_adds_to_the_run_and_changes_nothing_of_train(trained: Path) -> None:
    training, evaluation = run_of(trained, "train"), run_of(trained, "evaluate")
    shared = set(training.tags) & set(evaluation.tags)
    assert {name: training.tags[name] for name in shared} == {name: evaluation.tags[name] for name in shared}
    assert not set(training.documents) & set(evaluation.documents)
    assert (training.adds, evaluation.adds) == (False, True)


def test_a_repro_is_its_parameters(trained: Path) -> None:
    path = trained / "params.yaml"
    first = repro_run(trained, "parity")
    path.write_text("# a comment changes nothing\n" + path.read_text())
    assert repro_run(trained, "parity") == first
    path.write_text(path.read_text() + "extra: 1\n")
    second = repro_run(trained, "parity")
    assert second.key != first.key
    assert first.name == f"repro-{first.tags['timeshare.params'][:8]}"
    assert second.name == "repro extra=1"


def test_a_variation_is_named_for_what_it_changes(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(trained, "init")
    git(trained, "add", "params.yaml")
    git(trained, "commit", "--message", "first")
    plain = run_of(trained, "train")
    assert plain.params == {"model": "shared", "dataset": "parity", "seed": "0"}
    path = trained / "params.yaml"
    path.write_text(path.read_text().replace("shared: {encoder: lstm,", "shared: {encoder: lstm, hidden_size: 128,", 1))
    varied = run_of(trained, "train")
    assert varied.name == "shared hidden_size=128, seed 0"
    assert varied.params == plain.params | {"model": "shared hidden_size=128", "changed": "hidden_size=128"}
    assert varied.tags["timeshare.model"] == "shared"
    assert varied.parent is not None
    assert varied.parent.name == "repro shared.hidden_size=128"
    assert varied.parent.params == {
        "dataset": "parity",
        "run.models": "[shared, unshared]",
        "run.seeds": "[0, 1]",
        "models.shared.hidden_size": "128",
    }
    assert report_run(trained, "parity").name == varied.parent.name
    assert report_run(trained, "parity").adds  # A report that is made anew does not stretch it.
    monkeypatch.setenv("DVC_EXP_NAME", "sunny-bear")
    assert repro_run(trained, "parity").name == "sunny-bear: shared.hidden_size=128"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("seeds: [0, 1]", "seeds: [1]", id="seed"),
        pytest.param("models: [shared, unshared]", "models: [unshared]", id="model"),
        pytest.param("datasets: [parity]", "datasets: [tweets]", id="dataset"),
    ],
)
def test_what_the_run_does_not_have_joins_no_repro(trained: Path, before: str, after: str) -> None:
    assert run_of(trained, "train").parent == repro_run(trained, "parity")
    path = trained / "params.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    assert run_of(trained, "train").parent is None


def states(root: Path) -> list[str]:
    return [member.state for member in seed_runs_of(root, params())]


def test_members_with_their_states_and_runs(trained: Path) -> None:
    first, second, *others = seed_runs_of(trained, params())
    assert [(member.model, member.seed) for member in others] == [("unshared", 0), ("unshared", 1)]
    assert [(member.state, member.run_id) for member in (first, second)] == [("up to date", "")] * 2
    assert all((member.state, member.key, member.run_id) == ("missing", "", "") for member in others)
    note_run(trained, second.key, "run 1")
    assert [member.run_id for member in seed_runs_of(trained, params())] == ["", "run 1", "", ""]


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("params.yaml", "[hold, cycle]", "[hold]", ["stale", "stale"]),
        ("params.yaml", "max_epochs: 10", "max_epochs: 9", ["stale", "stale"]),
        ("params.yaml", "size: 10", "size: 11", ["stale", "stale"]),  # read by the stage that makes the data
        ("params.yaml", "seeds: [0, 1]", "seeds: [0, 1, 2]", ["up to date", "up to date"]),
        ("models/parity/shared/1/file", "train 1", "another", ["up to date", "stale"]),
    ],
)
def test_an_edit_makes_stale_what_it_touches(
    trained: Path, path: str, before: str, after: str, expected: list[str]
) -> None:
    text = (trained / path).read_text()
    assert before in text
    (trained / path).write_text(text.replace(before, after))
    assert states(trained) == [*expected, "missing", "missing"]


def test_a_file_that_dvc_does_not_watch_makes_its_members_stale(trained: Path) -> None:
    """Their runs are found all the same, though dvc.lock does not know the file."""
    vectors = trained / "words.vec"
    vectors.write_text("a 1.0")
    settings = params()
    settings = settings.model_copy(update={"training": settings.training.model_copy(update={"vectors": str(vectors)})})

    def states() -> list[str]:
        return [member.state for member in seed_runs_of(trained, settings)][: len(SEEDS)]

    assert states() == ["stale", "stale"]
    for seed in SEEDS:
        make_seed(trained, "train", seed, also=[vectors])
    assert states() == ["up to date", "up to date"]
    note_run(trained, Workspace(trained).reads("train", ITEM, 1, [vectors]).key, "run 1")
    assert runs_of_stage(trained, "train@parity-shared", params()) == {1: "run 1"}
    vectors.write_text("a 2.0")
    assert states() == ["stale", "stale"]


def test_the_runs_of_a_lock_entry(trained: Path) -> None:
    missing = [
        ("train@parity-sharde", r"is no stage of the run.*did you mean train@parity-shared\?"),
        ("trian@parity-shared", r"has no runs.*did you mean train@parity-shared\?"),
        ("size@parity", "has no runs"),
    ]
    for stage, what in missing:
        with pytest.raises(UserError, match=f"^{stage}: {what}"):
            runs_of_stage(trained, stage, params())
    with pytest.raises(UserError, match=training_key(trained)):
        runs_of_stage(trained, "train@parity-shared", params())
    note_run(trained, training_key(trained, 1), "run 1")
    for stage in ("train", "evaluate"):
        assert runs_of_stage(trained, f"{stage}@parity-shared", params()) == {1: "run 1"}


def test_a_damaged_lock_is_as_good_as_none(trained: Path) -> None:
    whole = (trained / "dvc.lock").read_text()
    for length in range(0, len(whole), 97):
        (trained / "dvc.lock").write_text(whole[:length])
        assert set(states(trained)) <= {"stale", "up to date", "missing"}


def _with_conflict(text: str) -> str:
    return text.replace("stages:\n", "stages:\n<<<<<<< HEAD\n=======\n>>>>>>> other\n", 1)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        pytest.param(_with_conflict, "line 3 is a conflict of git's", id="conflict"),
        pytest.param(lambda text: text[: text.rindex("outs:")], "is damaged or cut short", id="cut between lines"),
        pytest.param(lambda text: text[:-10], "is damaged or cut short", id="cut within a line"),
        pytest.param(lambda text: text[: text.rindex(":")] + ": [", "is damaged or cut short", id="no YAML"),
        pytest.param(lambda text: "- a\n", "is damaged or cut short", id="no mapping"),
        pytest.param(lambda text: "stages: [a]\n", "is damaged or cut short", id="no stages"),
    ],
)
def test_a_damaged_lock_is_said_in_one_line(
    trained: Path, damage: Callable[[str], str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = trained / "dvc.lock"
    states(trained)
    assert capsys.readouterr().err == ""
    lock.write_text(damage(lock.read_text()))
    states(trained)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{lock}: ")
    assert what in line


@pytest.mark.parametrize("content", ["{", "[1]", "null"])
def test_a_damaged_note_of_a_run_is_said_and_counts_as_none(
    trained: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = training_key(trained, 0)
    note_run(trained, key, "run 0")
    note = Workplace(trained).runs / f"{key}.json"
    note.write_text(content)
    with pytest.raises(UserError, match="no run of it was tracked here"):
        runs_of_stage(trained, "train@parity-shared", params())
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{note}: is damaged")
