"""Equal inputs give equal bytes, whatever the process, its folder, its hashes and, for small matrices, its threads."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust.conftest import PARAMS, Finished, Server, content, write_params
from timeshare.pipeline.identity.reads import MADE_OF

pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

MEMBER = ("parity", "shared")
# A run of each stage that computes anything, and what it writes.
FRESH = {
    ("ingest", "parity"): "data/raw/parity",
    ("prepare", "parity"): "data/prepared/parity",
    ("size", "parity"): "data/sizes/parity",
    ("train", *MEMBER): "models/parity/shared",
    ("evaluate", *MEMBER): "results/parity/shared",
    ("study", "imitation"): "studies/imitation",
    ("report",): "report",
}


def test_processes_that_share_nothing_give_the_same_bytes(finished: Finished, tmp_path: Path) -> None:
    folder = tmp_path / "another folder"
    shutil.copytree(finished.folder, folder)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    for number, (stage, output) in enumerate(FRESH.items()):
        shutil.rmtree(folder / output)
        # Every process has other hashes, and as many threads as it likes wherever params.yaml does not say.
        environment = inherited | {"PYTHONPATH": str(folder / "src"), "PYTHONHASHSEED": str(number)}
        subprocess.run([sys.executable, "-m", "timeshare", *stage], cwd=folder, env=environment, check=True)
        assert content(folder / output) == finished.files_of(output)


@pytest.mark.parametrize("threads", [2, None], ids=["two", "torch's choice"])
def test_small_matrices_are_the_same_for_any_number_of_threads(
    server: Server, project: Path, finished: Finished, threads: int | None
) -> None:
    evaluate = PARAMS["evaluate"] | {"threads": threads or 1}
    write_params(project, PARAMS | {"trainer": PARAMS["trainer"] | {"threads": threads}, "evaluate": evaluate})
    for dataset in PARAMS["run"]["datasets"]:
        for model in PARAMS["run"]["models"]:
            for stage, output in (("train", "models"), ("evaluate", "results")):
                shutil.rmtree(project / output / dataset / model)
                ended = server.run(project, stage, dataset, model)
                assert ended.status == 0, ended.error
                name = f"{output}/{dataset}/{model}"
                # What a seed was made of states the threads; all that was made is the same.
                made_of = f"0/{MADE_OF}"
                found, expected = content(project / name), finished.files_of(name)
                assert {made_of} <= found.keys() == expected.keys()
                assert found | {made_of: None} == expected | {made_of: None}


def test_two_threads_twice_give_the_same_bytes_for_large_matrices(server: Server, project: Path) -> None:
    models = PARAMS["models"] | {"shared": {"encoder": "lstm", "embedding_size": 64, "hidden_size": 128}}
    settings = {"trainer": PARAMS["trainer"] | {"threads": 2}, "evaluate": PARAMS["evaluate"] | {"threads": 2}}
    write_params(project, PARAMS | {"models": models} | settings)
    outputs = []
    for _ in range(2):
        for stage in (("size", "parity"), ("train", *MEMBER), ("evaluate", *MEMBER)):
            ended = server.run(project, *stage)
            assert ended.status == 0, ended.error
        outputs.append({name: content(project / name / "/".join(MEMBER)) for name in ("models", "results")})
        for name in outputs[0]:
            shutil.rmtree(project / name / "/".join(MEMBER))
    assert outputs[0] == outputs[1]
