"""Members and trials on workers: the bytes of a run on one machine, live progress, and what is tracked."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipeline.conftest import Project
from tests.tools.cluster.conftest import Cluster, Head

pytest.importorskip("distributed", reason="is for the extra cluster")
# With the tests that have run the same project here already.
pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

MEMBERS = ("evaluate@parity-shared", "evaluate@parity-unshared_matched")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Two workers."""
    with Cluster(tmp_path) as started:
        started.add_worker()
        started.add_worker()
        yield started


@pytest.fixture
def project(make_project: Callable[[], Project], tmp_path: Path) -> Project:
    """One in which nothing has run, with a remote."""
    project = make_project()
    project.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    return project


def test_members_on_two_workers_are_those_of_one_machine(
    cluster: Cluster, project: Project, reproduced: Project
) -> None:
    said = Head(project, "repro", *MEMBERS, "--cluster", cluster.address).ends_well()
    ours, theirs = project.lock()["stages"], reproduced.lock()["stages"]
    assert ours == {name: theirs[name] for name in ours}
    assert set(MEMBERS) <= set(ours)
    for folder in ("data/prepared/parity", "models/parity", "results/parity"):
        assert project.bytes_of(folder) == reproduced.bytes_of(folder)
    workers = {line.split()[-1] for line in said.splitlines() if line.startswith("train@") and " runs on " in line}
    assert len(workers) == 2


def test_trials_on_two_workers_are_those_of_one_machine(
    cluster: Cluster, project: Project, reproduced: Project, tmp_path: Path
) -> None:
    here = reproduced.copy_to(tmp_path / "here")
    for one in (here, project):
        params = one.params()
        params["tuning"] = {"trials": 2, "finalists": 1, "space": {"learning_rate": {"low": 0.001, "high": 0.02}}}
        one.write_params(params)
    tune = ("tune", "--now", "parity", "shared")
    Head(project, "repro", "size@parity", "--cluster", cluster.address).ends_well()
    said = Head(project, *tune, "--cluster", cluster.address).ends_well()
    here.run("timeshare", *tune)
    assert project.bytes_of("tuning/parity/shared") == here.bytes_of("tuning/parity/shared")
    assert len({line.split()[-1] for line in said.splitlines() if " trial " in line and " runs on " in line}) == 2


def test_what_a_worker_tracks_reaches_a_database_at_the_head(cluster: Cluster, project: Project) -> None:
    params = project.params()
    params["tracking"] = {"enabled": True}
    project.write_params(params)
    Head(project, "repro", "train@parity-shared", "--cluster", cluster.address).ends_well()
    project.run("timeshare", "sync", "--timeout", "400")
    assert len(project.run("timeshare", "runs", "train@parity-shared", "0").stdout.strip()) == 32
