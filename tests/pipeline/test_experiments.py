"""DVC's experiment queue, and a project shared by a remote."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipeline.conftest import Project

pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

STAGE = "train@parity-shared"
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@localhost")


@pytest.fixture(scope="module")
def project(reproduced: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One member, trained and committed, its outputs on a DVC remote."""
    folder = tmp_path_factory.mktemp("experiments")
    project = reproduced.copy_to(folder / "project")
    params = project.params()
    params["run"] = {"datasets": ["parity"], "models": ["shared"], "seeds": [0], "studies": []}
    project.write_params(params)
    # What other members left would be in no clone, and the report reads whole folders.
    for kind in ("data/prepared", "data/raw", "models", "results"):
        for other in ("sentences", "mine"):
            shutil.rmtree(project.folder / kind / other)
    for kind in ("models", "results"):
        shutil.rmtree(project.folder / kind / "parity/unshared_matched")
    shutil.rmtree(project.folder / "studies/imitation")
    project.run("dvc", "repro")
    project.run("dvc", "remote", "add", "--default", "store", str(folder / "remote"))
    project.run("git", "add", "--all")
    project.run(*GIT, "commit", "--quiet", "-m", "one member")
    return project


def test_two_queued_experiments_run_and_leave_the_working_tree_alone(project: Project) -> None:
    before = project.bytes_of("models", "results", "report")
    sizes = {"small": 16, "large": 64}
    for name, size in sizes.items():
        project.run("dvc", "exp", "run", "--queue", "--name", name, "-S", f"training.batch_size={size}", STAGE)
    project.run("dvc", "exp", "run", "--run-all", "--jobs", "1")
    shown = json.loads(project.run("dvc", "exp", "show", "--json").stdout)
    found = {one["name"]: one["revs"][0]["data"] for one in shown[-1]["experiments"]}
    assert {
        name: data["params"]["params.yaml"]["data"]["training"]["batch_size"] for name, data in found.items()
    } == sizes
    models = {data["outs"]["models/parity/shared"]["hash"] for data in found.values()}
    assert len(models - {None, project.lock()["stages"][STAGE]["outs"][0]["md5"]}) == 2
    assert project.bytes_of("models", "results", "report") == before
    assert project.run("git", "status", "--porcelain").stdout == ""


def test_a_clone_pulls_from_the_remote_what_was_trained(project: Project, tmp_path: Path) -> None:
    project.run("dvc", "push")
    project.run("git", "clone", "--quiet", str(project.folder), str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    clone.run("dvc", "pull")
    assert "Running stage" not in clone.run("dvc", "repro").stdout
    folders = ("data/prepared/parity", "models/parity/shared", "results/parity/shared")
    assert clone.bytes_of(*folders) == project.bytes_of(*folders)
