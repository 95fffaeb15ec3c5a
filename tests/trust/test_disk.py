"""Where nothing can be written, a stage says so in one line, leaves nothing half-written, and keeps what was there."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trust.conftest import SEED_OUTPUTS, STAGES, Ended, Server, content, make_due

pytestmark = pytest.mark.pipeline

# One run of each stage.
EACH = {stage[0]: stage for stage in reversed(STAGES)}
NOBODY = 65534


@pytest.mark.parametrize("stage", EACH)
@pytest.mark.parametrize("old", [True, False], ids=["over an old output", "without one"])
def test_a_file_that_may_not_grow(server: Server, project: Path, stage: str, old: bool) -> None:
    if old:
        make_due(project, EACH[stage])
    else:
        remove_output(project, stage)
    before = content(project)
    ended = server.run(project, *EACH[stage], file_size=10)
    check_end(ended, stage, "File too large")
    assert content(project) == before


@pytest.fixture
def full_disk(project: Path, tmp_path: Path) -> Iterator[Path]:
    """The project on a disk of its own with two pages to spare."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    try:
        shutil.copytree(project, disk, symlinks=True, dirs_exist_ok=True)
        spare = os.statvfs(disk)
        with (disk / "filling").open("wb") as file:
            file.write(bytes((spare.f_bavail - 2) * spare.f_frsize))
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.thorough
@pytest.mark.parametrize("stage", [name for name in EACH if name not in ("download", "size", "study", "tune")])
def test_a_full_disk(server: Server, full_disk: Path, stage: str) -> None:
    make_due(full_disk, EACH[stage])
    before = content(full_disk)
    ended = server.run(full_disk, *EACH[stage])
    check_end(ended, stage, "No space left on device")
    assert content(full_disk) == before


@pytest.mark.thorough
@pytest.mark.parametrize("stage", EACH)
def test_a_folder_that_is_read_only(server: Server, own_project: Path, stage: str) -> None:
    remove_output(own_project, stage)
    before = content(own_project)
    folders = [own_project, *(path for path in own_project.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        # Nothing is read-only to root.
        ended = server.run(own_project, *EACH[stage], user=NOBODY if os.geteuid() == 0 else None)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    check_end(ended, stage, "Permission denied")
    assert content(own_project) == before


def check_end(ended: Ended, stage: str, reason: str) -> None:
    """One line and exit status 1; training may have told of epochs before."""
    lines = [line for line in ended.error.splitlines() if ": epoch " not in line]
    assert (ended.status, len(lines)) == (1, 1), ended.error
    assert lines[0].startswith(f"timeshare {stage}: ")
    assert lines[0].endswith(f": cannot be written: {reason}; make room or give access")


def remove_output(project: Path, stage: str) -> None:
    """Remove what the stage is about to write."""
    place = {"download": "data/downloads", "ingest": "data/raw", "prepare": "data/prepared", "size": "data/sizes"}
    place |= {"tune": "tuning", "train": "models", "evaluate": "results", "study": "studies", "report": "report"}
    seed = ("0",) if stage in SEED_OUTPUTS else ()
    shutil.rmtree(project.joinpath(place[stage], *EACH[stage][1:], *seed))
