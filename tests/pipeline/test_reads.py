"""What a seed is made of: from dvc.yaml and the working tree, and against DVC itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.pipeline.members import ITEM, SEEDS, git, make_seed, write_pipeline
from timeshare.core.config.errors import UserError
from timeshare.pipeline.identity.reads import MADE_OF, SeedReads, Workspace, load_yaml
from timeshare.pipeline.recorded import Recorded


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pipeline(tmp_path)
    return tmp_path


def key(root: Path, seed: int = 0, stage: str = "train") -> str:
    return Workspace(root).reads(stage, ITEM, seed).key


def test_reads_are_those_of_dvc_yaml(root: Path) -> None:
    reads = Workspace(root).reads("train", ITEM, 0)
    assert (reads.stage, reads.seed) == ("train@parity-shared", 0)
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
        ("params.yaml", "seeds: [0, 1]", "seeds: [7, 0]", False),
        ("other.yaml", "b: 1", "b: 2", True),
        ("other.yaml", "c: 2", "c: 3", False),
        ("code/nn/cell.py", "cell", "cell2", True),
        ("code/text/a.txt", "a", "b", False),
        ("data/prepared/parity/vocab.json", "{}", "{ }", True),
    ],
)
def test_the_key_changes_with_what_the_stage_reads_alone(
    root: Path, file: str, before: str, after: str, changes: bool
) -> None:
    first = key(root)
    text = (root / file).read_text()
    assert before in text
    (root / file).write_text(text.replace(before, after, 1))
    assert (key(root) != first) == changes


def test_seeds_have_keys_of_their_own(root: Path) -> None:
    assert len({key(root, seed) for seed in range(3)}) == 3


def test_an_evaluation_is_of_its_own_seeds_model_whatever_that_was_made_of(root: Path) -> None:
    for seed in SEEDS:
        make_seed(root, "train", seed)
    keys = [key(root, seed, "evaluate") for seed in SEEDS]
    (root / "models/parity/shared/1/file").write_text("another model")
    (root / "models/parity/shared/0" / MADE_OF).write_text("another code, the same weights")
    assert [key(root, seed, "evaluate") == keys[seed] for seed in SEEDS] == [True, False]


def test_caches_of_python_do_not_count(root: Path) -> None:
    first = key(root)
    (root / "code/nn/__pycache__").mkdir()
    (root / "code/nn/__pycache__/cell.pyc").write_bytes(b"x")
    (root / "code/nn/old.pyc").write_bytes(b"x")
    assert key(root) == first


def test_errors_name_what_is_wrong(root: Path) -> None:
    with pytest.raises(ValueError, match=r"dvc\.yaml: has no stage fit"):
        Workspace(root).reads("fit", ITEM, 0)
    with pytest.raises(UserError, match=r"^models/parity/shared/0: no such file or folder; `dvc repro` makes"):
        Workspace(root).reads("evaluate", ITEM, 0)
    (root / MADE_OF).write_text('{"stage": "train@parity-shared"}')
    with pytest.raises(UserError, match=r"made_of\.json: is damaged; remove"):
        SeedReads.of_folder(root)
    definition = {"stages": {"train": {"cmd": "x", "deps": ["${folder}/x"]}}}
    (root / "dvc.yaml").write_text(yaml.safe_dump(definition))
    with pytest.raises(ValueError, match=r"\$\{folder\}/x"):
        key(root)


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
def test_keys_and_states_agree_with_dvc(root: Path) -> None:
    git(root, "init")
    _dvc(root, "init", "--quiet")
    _dvc(root, "config", "core.analytics", "false")
    assert Recorded(Workspace(root)).is_stale("train@parity-shared")
    _dvc(root, "repro", "--quiet")
    expected = [Workspace(root).reads("train", {**ITEM, "model": m}, s) for m in ("shared", "unshared") for s in SEEDS]
    recorded = Recorded(Workspace(root))
    assert [recorded.training(reads.stage, reads.seed) for reads in expected] == expected

    stages = set(load_yaml(root / "dvc.lock")["stages"])

    def stale() -> set[str]:
        recorded = Recorded(Workspace(root))
        ours = {name for name in stages if recorded.is_stale(name)}
        assert set(json.loads(_dvc(root, "status", "--json"))) <= ours
        return ours

    assert stale() == set()
    edits = [
        ("params.yaml", "2.5e-7", "3.5e-7", {name for name in stages if "unshared" in name}),
        ("params.yaml", "[hold, cycle]", "[hold]", {name for name in stages if name.startswith("evaluate")}),
        ("code/text/a.txt", "a", "b", stages),
    ]
    for file, before, after, expected_stale in edits:
        text = (root / file).read_text()
        (root / file).write_text(text.replace(before, after, 1))
        assert stale() == expected_stale
        (root / file).write_text(text)
