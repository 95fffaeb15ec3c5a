"""The commands beside the stages: where they cannot read or write, or are killed, one line and nothing half-written."""

import os
import random
import signal
from pathlib import Path

import pytest

from tests.trust.conftest import Ended, Server, content
from tests.trust.test_bad_input import Case, check, set_key
from tests.trust.test_disk import NOBODY

pytestmark = pytest.mark.pipeline

MODEL, SUITE = "models/mine/shared/0", "data/suites/cases.jsonl"
READING = {"predict": ("predict", MODEL, "the cat is good"), "check": ("check", MODEL, SUITE), "runs": ("runs",)}
# What writes, and what it then writes.
WRITING = {
    "check, as JSON": (("check", MODEL, SUITE, "--json", "o.json"), {"o.json"}),
    "check, as XML": (("check", MODEL, SUITE, "--junit", "o.xml"), {"o.xml"}),
    "check, as a page": (("check", MODEL, SUITE, "--html", "o.html"), {"o.html"}),
    "look": (("look", "data/files/mine.csv", "--add", "again"), {"params.yaml"}),
}
INIT = ("init", "new")


@pytest.mark.parametrize("command", READING)
def test_in_a_folder_that_is_read_only_they_answer(server: Server, own_project: Path, command: str) -> None:
    before = content(own_project)
    ended = run_where_nothing_can_be_written(server, own_project, *READING[command])
    usual = server.run(own_project, *READING[command])
    assert (ended.status, ended.out, ended.error) == (usual.status, usual.out, usual.error)
    assert content(own_project) == before


@pytest.mark.parametrize("command", [arguments for arguments, _ in WRITING.values()], ids=WRITING)
def test_in_a_folder_that_is_read_only_they_say_what_they_cannot_write(
    server: Server, own_project: Path, command: tuple[str, ...]
) -> None:
    before = content(own_project)
    ended = run_where_nothing_can_be_written(server, own_project, *command)
    assert ended.status == 1
    (line,) = ended.error.splitlines()
    assert line.startswith(f"timeshare {command[0]}: ")
    assert line.endswith(": cannot be written: Permission denied; make room or give access")
    assert ".partial-" not in line
    assert content(own_project) == before


def run_where_nothing_can_be_written(server: Server, project: Path, *command: str) -> Ended:
    folders = [project, *(path for path in project.rglob("*") if path.is_dir())]
    # Those of pytest above it are open to nobody but who runs the tests.
    above = [folder for folder in project.parents if not folder.stat().st_mode & 0o001]
    modes = {folder: folder.stat().st_mode for folder in (*folders, *above)}
    for folder in modes:
        folder.chmod(0o555)
    try:
        # Nothing is read-only to root.
        return server.run(project, *command, user=NOBODY if os.geteuid() == 0 else None)
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)


@pytest.mark.parametrize("command", [*(arguments for arguments, _ in WRITING.values()), INIT], ids=[*WRITING, "init"])
def test_where_no_file_may_grow_nothing_is_half_written(
    server: Server, project: Path, command: tuple[str, ...]
) -> None:
    before = content(project)
    ended = server.run(project, *command, file_size=10)
    assert ended.status == 1
    assert ended.error.startswith(f"timeshare {command[0]}: ")
    assert ended.error.count("\n") == 1
    assert content(project) == before


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("command", ["check, as JSON", "look"])
def test_killed_at_a_file_event_they_leave_what_was_there_or_all_of_the_new(
    server: Server, project: Path, command: str, signum: int
) -> None:
    arguments, written = WRITING[command]
    before = content(project)
    usual = server.run(project, *arguments)
    after = content(project)
    assert {name for name in after if after[name] != before.get(name)} == written
    draw = random.Random(f"{command} {signum}")
    # The last events are those of writing.
    for back in (0, draw.randrange(1, 12)):
        for name in written:
            (project / name).unlink() if name not in before else (project / name).write_bytes(before[name] or b"")
        killed = server.run(project, *arguments, signum=signum, at=usual.events - back)
        assert "Traceback" not in killed.error
        left = content(project)
        partial = {name for name in left if ".partial-" in name}
        assert {name: data for name, data in left.items() if name not in partial} in (before, after)
        assert not partial or signum == signal.SIGKILL
        assert server.run(project, *arguments).status == usual.status or left == after
        assert content(project) == after


@pytest.mark.parametrize("command", ["predict", "check"])
@pytest.mark.parametrize("file", [f"{MODEL}/model.json", "data/prepared/mine/meta.json"])
def test_files_of_another_version_are_named(server: Server, project: Path, file: str, command: str) -> None:
    message = f"{file}: is of version 2, not 1; `dvc repro` makes it anew"
    check(server, project, READING[command], Case(set_key(file, "version", 2), message))
