"""`timeshare repro` where things lie oddly: it runs all the same, or says in one line what is in the way."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests import tiny
from timeshare.core.config.errors import UserError
from timeshare.params import Params
from timeshare.tools import repro

PARAMS = Params.model_validate_json(json.dumps(tiny.params_of({"parity": tiny.PARITY}, {"shared": tiny.SHARED})))
IGNORED = (Path(__file__).parents[2] / ".dvcignore").read_text(encoding="utf-8")
# DVC's own and its dependencies'.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in no repository of git, whose stage counts its runs and reads a folder."""
    folder = tmp_path / "é's [1] %2F?# project"
    for name in (".dvc", "data"):
        (folder / name).mkdir(parents=True)
    (folder / ".dvc/config").touch()
    (folder / ".dvcignore").write_text(IGNORED, encoding="utf-8")
    (folder / "data/a b.csv").write_text("a")
    stage = {"cmd": "echo >> runs && cp runs out", "deps": ["data"], "outs": ["out"]}
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"make": stage}}))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setattr(repro, "load_params", lambda: PARAMS)
    return folder


def runs() -> int:
    """How often the stage has run, after another repro."""
    assert repro.main(1, []) == 0
    return len(Path("runs").read_text().splitlines())


def test_without_git_it_runs_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert [runs(), runs()] == [1, 1]
    assert f"{Path.cwd()} is not a git repository: all works without, but MLflow's runs" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["detached", "worktree", "shallow"])
def test_in_any_kind_of_repository_it_runs(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=a@b", *arguments], check=True)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "first")
    match kind:
        case "detached":
            git("checkout", "--quiet", "--detach")
        case "worktree":
            git("worktree", "add", "--quiet", "--detach", str(tmp_path / "work tree"))
            monkeypatch.chdir(tmp_path / "work tree")
        case "shallow":
            # An address, with no name in it that addresses write otherwise: of a path git would make a whole clone.
            project.rename(tmp_path / "plain")
            git("clone", "--quiet", "--depth", "1", f"file://{tmp_path}/plain", str(tmp_path / "clone"))
            monkeypatch.chdir(tmp_path / "clone")
    assert [runs(), runs()] == [1, 1]
    assert "git" not in capfd.readouterr().err


def test_what_editors_leave_beside_an_open_file_is_ignored() -> None:
    assert runs() == 1
    Path("data/.#a b.csv").symlink_to("user@host.123:456")
    for name in (".~lock.a b.csv#", "~$a.xlsx", "a b.csv~", ".a b.csv.swp"):
        Path("data", name).touch()
    assert runs() == 1


def test_a_change_is_seen_through_a_link_to_a_file(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("one")
    Path("data/link.csv").symlink_to(elsewhere)
    assert runs() == 1
    elsewhere.write_text("two")
    assert runs() == 2


def test_a_name_that_is_no_text_is_one_line() -> None:
    try:
        Path("data", os.fsdecode(b"a\xff.csv")).touch()
    except OSError:
        pytest.skip("no such name can be given here")
    with pytest.raises(UserError, match=r"/data/a\\udcff\.csv: the name of this file is no UTF-8, .*; rename it$"):
        repro.main(1, [])


def test_no_room_for_the_notes_of_dvc_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(repro, "Repo", fail)
    with pytest.raises(UserError, match=r"^DVC cannot keep its notes \(database or disk is full\); make room, or .*$"):
        repro.main(1, [])


def test_a_misspelt_target_is_answered_with_the_stage_that_is_meant() -> None:
    with pytest.raises(UserError, match=r"^[^\n]*mkae[^\n]*\(did you mean make\?\)$"):
        repro.main(1, ["mkae"])


def test_a_project_without_its_pipeline_is_one_line() -> None:
    Path("dvc.yaml").unlink()
    with pytest.raises(UserError, match=r"^dvc\.yaml: has no stage; take it from git, or let `timeshare init` make"):
        repro.main(1, [])


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_told_to_end_it_ends_though_its_parent_is_gone_with_the_pipe_that_it_writes_to(
    project: Path, jobs: str
) -> None:
    Path("params.yaml").write_text(tiny.PARAMS_TEXT, encoding="utf-8")
    endless = {name: {"cmd": f"touch {name} && sleep 600", "outs": [name]} for name in ("a", "b")}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": endless}))
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "timeshare", "repro", "--jobs", jobs]
    with subprocess.Popen(command, cwd=project, stdout=writing, stderr=writing) as repro:
        os.close(writing)
        while not any(Path(name).exists() for name in endless):
            assert repro.poll() is None, os.read(reading, 10_000)
            time.sleep(0.05)
        os.close(reading)
        repro.terminate()
        try:
            assert repro.wait(timeout=60) == 128 + signal.SIGTERM
        finally:
            repro.kill()
