"""`timeshare verify`: what it says of outputs that are those of the committed run, differ, or are missing."""

import json
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests import tiny
from timeshare.core.config.errors import UserError
from timeshare.core.md5 import path_md5
from timeshare.tools import verify

METRICS = {"parity": {"shared": {"accuracy": 0.75, "length_score": 0.5}}}
OUTPUTS = {"train@parity-shared": "models/parity/shared", "report": "report/metrics.json"}


class Project:
    """A project of two outputs, in git, as the present folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.set_trainer(accelerator="cpu")
        for path in OUTPUTS.values():
            (folder / path).parent.mkdir(parents=True)
        (folder / "models/parity/shared").mkdir()
        self.train("weights")
        self.report(0.75)
        self.reproduce()
        self.git("init", "--quiet")
        self.commit("the run")

    def set_trainer(self, **trainer: Any) -> None:
        params = tiny.params_of({"parity": tiny.PARITY}, {"shared": tiny.SHARED})
        params["trainer"] |= trainer
        (self.folder / "params.yaml").write_text(yaml.safe_dump(params))

    def train(self, weights: str) -> None:
        (self.folder / "models/parity/shared/weights").write_text(weights)

    def report(self, accuracy: float) -> None:
        metrics = {"parity": {"shared": METRICS["parity"]["shared"] | {"accuracy": accuracy}}}
        (self.folder / "report/metrics.json").write_text(json.dumps(metrics))

    def reproduce(self, **params: Any) -> None:
        """Write dvc.lock of what is here."""
        train, report = (
            {"cmd": "exec", "outs": [{"path": path, "hash": "md5", "md5": path_md5(self.folder / path)}]}
            for path in OUTPUTS.values()
        )
        train["params"] = {"params.yaml": {"training": params}}
        train["deps"] = [{"path": "src/code.py", "md5": "0" * 32}]
        report["deps"] = [{"path": "models", "md5": path_md5(self.folder / "models")}]
        stages = dict(zip(OUTPUTS, (train, report), strict=True))
        (self.folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=self.folder, check=True)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    # As on a processor that is able to be portable, whichever runs the tests.
    monkeypatch.setattr(verify, "portable_variables", lambda: {"A": "1"})
    return Project(tmp_path)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(rev: str = "HEAD", record: bool = False) -> tuple[int, str]:
        status = verify.main(rev, record)
        return status, capsys.readouterr().out

    return run


Said = Callable[..., tuple[int, str]]


def test_equal_outputs_are_a_reproduction(project: Project, said: Said) -> None:
    status, text = said()
    assert status == 0
    assert text.startswith("reproduced: 2 of 2 outputs are those of the committed run (HEAD, ")


def test_a_run_that_has_just_ended_says_that_it_is_the_committed_one(project: Project) -> None:
    line = verify.reproduced(project.folder)
    assert line is not None
    assert line.startswith("reproduced: 2 of 2")
    project.report(0.5)
    project.reproduce()
    assert verify.reproduced(project.folder) is None
    (project.folder / "dvc.lock").unlink()
    assert verify.reproduced(project.folder) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda project: project.reproduce(), "differs, and was made of the very same"),
        (lambda project: project.reproduce(patience=7), "differs, and was made of other training"),
        (lambda project: None, "differs, and is not what dvc.lock names here either"),
        (lambda project: (project.folder / "dvc.lock").unlink(), "differs; dvc.lock does not know what it was made of"),
    ],
    ids=["of the same", "of other settings", "not in the lock", "no lock here"],
)
def test_an_output_that_differs_is_named_and_is_an_error(
    project: Project, said: Said, change: Callable[[Project], None], why: str
) -> None:
    project.train("other weights")
    change(project)
    status, text = said()
    assert status == 1
    assert text.startswith("not reproduced: 1 of 2 ")
    assert f"  models/parity/shared: {why}" in text


def test_what_differs_for_another_output_says_so(project: Project, said: Said) -> None:
    project.train("other weights")
    project.report(0.7)
    project.reproduce()
    assert "  report/metrics.json: differs, and was made of other models\n" in said()[1]


def test_a_missing_output_is_named_with_the_stage_that_makes_it(project: Project, said: Said) -> None:
    (project.folder / "models/parity/shared/weights").unlink()
    (project.folder / "models/parity/shared").rmdir()
    status, text = said()
    assert status == 1
    assert "models/parity/shared: missing; `dvc repro train@parity-shared` makes it" in text
    params = project.folder / "params.yaml"
    params.write_text(params.read_text().replace("shared", "other"))
    assert "models/parity/shared: missing; it is not part of the run" in said()[1]


def test_another_commit_can_be_asked_for(project: Project, said: Said) -> None:
    project.train("other weights")
    project.reproduce()
    project.commit("another run")
    assert said()[0] == 0
    status, text = said(rev="HEAD~1")
    assert status == 1
    assert "not reproduced: 1 of 2 outputs are those of the committed run (HEAD~1, " in text


@pytest.mark.parametrize(
    "unpromised",
    [
        lambda project, patch: project.set_trainer(accelerator="cpu", arithmetic="native"),
        lambda project, patch: patch.setattr(verify, "portable_variables", dict),
        lambda project, patch: (
            project.set_trainer(accelerator="auto"),
            patch.setattr(torch.accelerator, "is_available", lambda: True),
        ),
    ],
    ids=["native", "no AVX2", "an accelerator"],
)
def test_where_equal_bytes_are_not_promised_the_figures_are_compared(
    project: Project, said: Said, monkeypatch: pytest.MonkeyPatch, unpromised: Callable[..., None]
) -> None:
    unpromised(project, monkeypatch)
    project.report(0.7349)
    project.reproduce()
    status, text = said()
    assert status == 0
    assert "largest difference: 1.51 percentage points (parity, shared, accuracy)" in text


def test_the_record_names_what_both_runs_were_computed_by(
    project: Project, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, line = said(record=True)
    recorded = json.loads((project.folder / "reproduction.json").read_text())
    assert status == 0
    assert f"`{recorded['digest']}`" in line
    assert (recorded["outputs"], recorded["arithmetic"]) == (2, "portable")
    assert {"python", "libc", "torch", "numpy"} <= recorded["versions"].keys()
    project.commit("its record")
    assert f"digest of all md5s: {recorded['digest']}" in said()[1]

    recorded |= {"processor": "Some Processor", "versions": recorded["versions"] | {"torch": "0.1"}}
    monkeypatch.setattr(verify, "machine", lambda arithmetic: recorded)
    _, text = said()
    assert "here:          Some Processor (" in text
    assert f"  torch: {version('torch')} there, 0.1 here\n" in text


def test_what_dvc_does_not_know_of_is_not_recorded(project: Project) -> None:
    project.train("other weights")
    with pytest.raises(UserError, match=r"^models/parity/shared: is not what dvc\.lock names"):
        verify.main("HEAD", record=True)
    assert not (project.folder / "reproduction.json").exists()


def test_a_commit_without_a_run_is_one_line(project: Project) -> None:
    with pytest.raises(UserError, match=r"^HEAD~1: is no commit"):
        verify.main("HEAD~1", record=False)
    (project.folder / "dvc.lock").write_text("<<<<<<< ours\n")
    project.commit("damaged")
    with pytest.raises(UserError, match=r"^dvc\.lock of HEAD: is damaged"):
        verify.main("HEAD", record=False)
    (project.folder / "dvc.lock").unlink()
    project.commit("none")
    with pytest.raises(UserError, match=r"^dvc\.lock: is not in commit HEAD"):
        verify.main("HEAD", record=False)


def test_outside_of_git_it_is_one_line(project: Project) -> None:
    (project.folder / ".git").rename(project.folder / "git")
    with pytest.raises(UserError, match=r"^HEAD: is no commit of a git repository here"):
        verify.main("HEAD", record=False)
