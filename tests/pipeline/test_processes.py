"""The stage train in several processes: started by Lightning inside DVC, by torchrun, or one a node."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.pipeline.conftest import Project
from timeshare.pipeline.identity.reads import MADE_OF

pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

STAGE = "train@parity-shared"
TRAIN = ("timeshare", "train", "parity", "shared")
MODEL = "models/parity/shared"


@pytest.fixture(scope="module")
def copy(reproduced: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which one process has trained everything."""
    copy = reproduced.copy_to(tmp_path_factory.mktemp("processes") / "project")
    params = copy.params()
    params["run"]["seeds"] = [0, 1]
    copy.write_params(params)
    copy.run("dvc", "repro", "--single-item", STAGE)
    return copy


@pytest.fixture(scope="module")
def by_dvc(copy: Project) -> dict[str, bytes]:
    """What two processes leave that DVC and Lightning started."""
    one = load_file(copy.folder / MODEL / "1/model.safetensors")
    set_trainer(copy, devices=2)
    copy.run("dvc", "repro", "--single-item", STAGE)
    two = load_file(copy.folder / MODEL / "1/model.safetensors")
    assert any(not torch.equal(two[name], weights) for name, weights in one.items()), "the stage did not run"
    for name, weights in one.items():
        assert torch.allclose(two[name], weights, rtol=1e-5, atol=1e-6), name
    return copy.bytes_of(MODEL)


@pytest.fixture
def project(copy: Project, by_dvc: dict[str, bytes]) -> Project:
    """Where nothing is trained, nor to be had from DVC's cache, but could be at once."""
    shutil.rmtree(copy.folder / MODEL)
    shutil.rmtree(copy.folder / ".timeshare/made")
    return copy


def set_trainer(project: Project, **trainer: int) -> None:
    params = project.params()
    params["trainer"] = {"accelerator": "cpu", "strategy": "ddp", **trainer}
    project.write_params(params)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def run_together(project: Project, commands: list[tuple[tuple[str, ...], dict[str, str]]]) -> None:
    """Run commands with variables of their own at the same time; the first alone says how the training goes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    common = {**os.environ, "PATH": path, "PYTHONPATH": str(project.folder / "src")}
    processes = [
        subprocess.Popen(command, cwd=project.folder, env=common | variables, stderr=subprocess.PIPE, text=True)
        for command, variables in commands
    ]
    try:
        said = [process.communicate(timeout=200)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], "\n".join(said)
    assert [text.count("epoch 1 ") for text in said] == [2, 0]


def test_torchrun_gives_the_bytes_of_the_dvc_stage_which_dvc_can_record(
    project: Project, by_dvc: dict[str, bytes]
) -> None:
    set_trainer(project, devices=2)
    command = ("torchrun", "--nproc-per-node=2", f"--master-port={free_port()}", "-m", *TRAIN)
    said = project.run(*command).stderr
    assert said.count("epoch 1 ") == 2
    assert project.bytes_of(MODEL) == by_dvc
    project.run("dvc", "commit", "--force", STAGE)
    assert "didn't change" in project.run("dvc", "repro", "--single-item", STAGE).stdout


def by_slurm(rank: int) -> dict[str, str]:
    """What srun sets in each process of a job of two nodes."""
    return {
        "SLURM_JOB_ID": "4711",
        "SLURM_JOB_NAME": "timeshare",
        "SLURM_NODELIST": "127.0.0.1",
        "SLURM_NNODES": "2",
        "SLURM_NTASKS": "2",
        "SLURM_NTASKS_PER_NODE": "1",
        "SLURM_NODEID": str(rank),
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": "0",
    }


def by_hand(rank: int) -> dict[str, str]:
    """What Lightning reads where no launcher is."""
    return {"MASTER_ADDR": "127.0.0.1", "NODE_RANK": str(rank)}


@pytest.mark.parametrize(
    ("variables", "first"),
    [(by_slurm, TRAIN), (by_hand, ("dvc", "repro", "--single-item", STAGE))],
    ids=["SLURM", "by hand, the first by DVC"],
)
def test_two_nodes_give_the_bytes_of_two_processes_on_one(
    project: Project, by_dvc: dict[str, bytes], variables: Callable[[int], dict[str, str]], first: tuple[str, ...]
) -> None:
    set_trainer(project, num_nodes=2, devices=1)
    port = {"MASTER_PORT": str(free_port())}
    run_together(project, [(command, variables(rank) | port) for rank, command in enumerate((first, TRAIN))])
    # What they were made of differs: the trainer's settings.
    one, other = (
        {path: data for path, data in files.items() if not path.endswith(MADE_OF)}
        for files in (by_dvc, project.bytes_of(MODEL))
    )
    assert one == other
