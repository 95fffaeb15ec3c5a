"""What a stage reads: from dvc.yaml and the working tree, from dvc.lock, and the two against DVC itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from timeshare.tracking.lineage import Lock, load_yaml, workspace_reads
from timeshare.tracking.versions import path_md5

from tests.tracking.conftest import ITEM, git


def test_reads_are_those_of_dvc_yaml(prepared_pipeline: Path) -> None:
    reads = workspace_reads(prepared_pipeline, "train", ITEM)
    assert reads.stage == "train@parity-shared-0"
    assert list(reads.inputs) == ["data/prepared/parity", "code/fit.py", "code/nn"]
    assert reads.params == {
        "params.yaml": {
            "models.shared": {"encoder": "lstm", "weight_decay": 0.00001},
            "train": {"learning_rate": 0.003, "max_epochs": 10},
        },
        "other.yaml": {"a.b": 1},
    }


@pytest.mark.parametrize(
    ("file", "before", "after", "changes"),
    [
        ("params.yaml", "max_epochs: 10", "max_epochs: 11", True),
        ("params.yaml", "shared: {encoder: lstm", "shared: {hidden_size: 3, encoder: lstm", True),
        ("params.yaml", "[hold, cycle]", "[hold]", False),
        ("params.yaml", "2.5e-7", "3.5e-7", False),
        ("other.yaml", "b: 1", "b: 2", True),
        ("other.yaml", "c: 2", "c: 3", False),
        ("code/nn/cell.py", "cell", "cell2", True),
        ("code/text/a.txt", "a", "b", False),
        ("data/prepared/parity/vocab.json", "{}", "{ }", True),
    ],
)
def test_the_key_changes_with_what_the_stage_reads_alone(
    prepared_pipeline: Path, file: str, before: str, after: str, changes: bool
) -> None:
    key = workspace_reads(prepared_pipeline, "train", ITEM).key
    text = (prepared_pipeline / file).read_text()
    assert before in text
    (prepared_pipeline / file).write_text(text.replace(before, after, 1))
    assert (workspace_reads(prepared_pipeline, "train", ITEM).key != key) == changes


def test_members_have_keys_of_their_own(prepared_pipeline: Path) -> None:
    keys = {workspace_reads(prepared_pipeline, "train", {**ITEM, "seed": seed}).key for seed in range(3)}
    assert len(keys) == 3


def test_caches_of_python_do_not_count(prepared_pipeline: Path) -> None:
    key = workspace_reads(prepared_pipeline, "train", ITEM).key
    (prepared_pipeline / "code/nn/__pycache__").mkdir()
    (prepared_pipeline / "code/nn/__pycache__/cell.pyc").write_bytes(b"x")
    (prepared_pipeline / "code/nn/old.pyc").write_bytes(b"x")
    assert workspace_reads(prepared_pipeline, "train", ITEM).key == key


def test_errors_name_what_is_wrong(prepared_pipeline: Path) -> None:
    with pytest.raises(ValueError, match=r"dvc\.yaml: has no stage fit"):
        workspace_reads(prepared_pipeline, "fit", ITEM)
    definition = {"stages": {"train": {"cmd": "x", "deps": ["${folder}/x"]}}}
    (prepared_pipeline / "dvc.yaml").write_text(yaml.safe_dump(definition))
    with pytest.raises(ValueError, match=r"\$\{folder\}/x"):
        workspace_reads(prepared_pipeline, "train", ITEM)
    with pytest.raises(FileNotFoundError, match="absent"):
        path_md5(prepared_pipeline / "absent")


@pytest.mark.parametrize("text", ["1e-05", "1.0e-05", "0.00001", "1E-5"])
def test_numbers_are_read_as_dvc_writes_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(f"a: {text}\nb: 1e5x\nc: 12\n")
    assert load_yaml(tmp_path / "a.yaml") == {"a": 1e-5, "b": "1e5x", "c": 12}
    assert load_yaml(tmp_path / "absent.yaml") == {}


def _dvc(root: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.pipeline
def test_keys_and_states_agree_with_dvc(pipeline: Path) -> None:
    git(pipeline, "init")
    _dvc(pipeline, "init", "--quiet")
    _dvc(pipeline, "config", "core.analytics", "false")
    lock = Lock(pipeline)
    assert lock.state("train@parity-shared-0") == "missing"

    _dvc(pipeline, "repro", "--quiet", "prepare@parity")
    members = [
        {"dataset": "parity", "model": model, "seed": seed} for model in ("shared", "unshared") for seed in (0, 1)
    ]
    expected = [workspace_reads(pipeline, "train", member) for member in members]
    _dvc(pipeline, "repro", "--quiet")
    expected += [workspace_reads(pipeline, "evaluate", member) for member in members]
    lock = Lock(pipeline)
    for reads in expected:
        locked = lock.reads(reads.stage)
        assert locked is not None
        assert (locked.inputs, locked.params) == (reads.inputs, reads.params)
        assert locked.key == reads.key
        assert lock.state(reads.stage) == "up to date"

    stages = set(load_yaml(pipeline / "dvc.lock")["stages"])

    def stale() -> set[str]:
        ours = {name for name in stages if Lock(pipeline).state(name) != "up to date"}
        assert set(json.loads(_dvc(pipeline, "status", "--json"))) <= ours
        return ours

    assert stale() == set()
    edits = [
        ("params.yaml", "2.5e-7", "3.5e-7", {name for name in stages if "unshared" in name}),
        ("params.yaml", "[hold, cycle]", "[hold]", {name for name in stages if name.startswith("evaluate")}),
        ("code/text/a.txt", "a", "b", stages),
    ]
    for file, before, after, expected_stale in edits:
        text = (pipeline / file).read_text()
        (pipeline / file).write_text(text.replace(before, after, 1))
        assert stale() == expected_stale
        (pipeline / file).write_text(text)
    (pipeline / "models/parity/shared/0").unlink()
    assert Lock(pipeline).state("train@parity-shared-0") == "missing"
    assert Lock(pipeline).state("evaluate@parity-shared-0") == "stale"
