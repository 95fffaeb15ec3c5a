"""A pipeline of shell commands with members and seeds, as small as DVC allows."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.tiny import params_of
from timeshare.params import Params
from timeshare.pipeline.identity.kept import seed_folder
from timeshare.pipeline.identity.reads import Workspace

ITEM = {"dataset": "parity", "model": "shared"}
SEEDS = (0, 1)
_MATRIX = {"dataset": ["parity"], "model": ["shared", "unshared"]}
_MEMBER = "${item.dataset}/${item.model}"
_LOOP = f"for seed in 0 1; do mkdir -p OUT/{_MEMBER}/$seed && echo $seed > OUT/{_MEMBER}/$seed/file; done"
PIPELINE = {
    "stages": {
        "size": {
            "matrix": {"dataset": ["parity"]},
            "cmd": "mkdir -p data/prepared && cp -r code/text data/prepared/${item.dataset}",
            "deps": ["code/text"],
            "params": ["datasets.${item.dataset}"],
            "outs": ["data/prepared/${item.dataset}"],
        },
        "train": {
            "matrix": _MATRIX,
            "cmd": _LOOP.replace("OUT", "models"),
            "deps": ["data/prepared/${item.dataset}", "code/fit.py", "code/nn"],
            "params": ["models.${item.model}", "run.seeds", "train", {"other.yaml": ["a.b"]}],
            "outs": [{f"models/{_MEMBER}": {"persist": True}}],
        },
        "evaluate": {
            "matrix": _MATRIX,
            "cmd": _LOOP.replace("OUT", "results"),
            "deps": ["data/prepared/${item.dataset}", f"models/{_MEMBER}"],
            "params": ["evaluate", "run.seeds"],
            "outs": [{f"results/{_MEMBER}": {"persist": True}}],
        },
    }
}
PARAMS = """\
run: {datasets: [parity], models: [shared, unshared], seeds: [0, 1]}
datasets: {parity: {source: formal, size: 10}}
models:
  shared: {encoder: lstm, weight_decay: 0.00001}
  unshared: {encoder: lstm, weight_decay: 2.5e-7, bounds: [1, 2], vectors: null, bias: true}
train: {learning_rate: 0.003, max_epochs: 10}
evaluate: {rules: [hold, cycle]}
"""


def write_pipeline(root: Path) -> None:
    """Write the pipeline's files, and the data that its first stage would make."""
    (root / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE, sort_keys=False))
    (root / "params.yaml").write_text(PARAMS)
    (root / "other.yaml").write_text("a: {b: 1, c: 2}\n")
    (root / ".dvcignore").write_text("# left by Python\n__pycache__/\n*.pyc\n")
    for path in ("code/text/a.txt", "code/text/nested/é b.txt", "code/nn/cell.py", "code/nn/Z.py", "code/fit.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    prepared = root / "data/prepared/parity"
    prepared.mkdir(parents=True)
    (prepared / "vocab.json").write_text("{}")


def make_seed(root: Path, stage: str, seed: int, also: Sequence[Path] = (), content: str = "") -> None:
    """Make a seed's folder of a member, as its stage would in this working directory."""
    output = root / {"train": "models", "evaluate": "results"}[stage]
    reads = Workspace(root).reads(stage, ITEM, seed, also)
    with seed_folder(output / "parity/shared" / str(seed), reads) as folder:
        (folder / "file").write_text(content or f"{stage} {seed}")


def params() -> Params:
    """One dataset, two models, two seeds; everything else as by default."""
    models = {name: {"encoder": "lstm", "sharing": name} for name in ("shared", "unshared")}
    content = params_of({"parity": {"source": "formal", "task": "parity_check"}}, models)
    content["run"]["seeds"] = list(SEEDS)
    return Params.model_validate_json(json.dumps(content))


def git(root: Path, *arguments: str) -> None:
    """Run git with an identity."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)
