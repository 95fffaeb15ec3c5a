"""A copy of the project with tiny parameters, and DVC inside it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import tiny

ROOT = Path(__file__).parents[2]

_EPOCHS = {"training": {"max_epochs": 2}}
TINY = tiny.params_of(
    {"sentences": tiny.SENTENCES | _EPOCHS, "parity": tiny.EXACT_PARITY | _EPOCHS, "mine": tiny.MINE | _EPOCHS},
    {
        "shared": tiny.SHARED,
        "unshared": tiny.SHARED | {"sharing": "unshared"},
        "unshared_matched": tiny.MATCHED,
        "bag_of_words": {"encoder": "bag_of_words"},
    },
    tiny.IMITATION,
) | {
    "prepare": {"buckets": 3},
    "training": {"batch_size": 32},
    "tracking": {"enabled": False},
    "report": {"resamples": 100},
}
TINY["run"]["models"] = ["shared", "unshared_matched"]


@dataclass(frozen=True)
class Project:
    """A checkout of the project in a folder of its own."""

    folder: Path

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command inside; the tests' own interpreter, and the copy's own source."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "src"),
            "DVC_NO_ANALYTICS": "1",
        }
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=500
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def copy_to(self, folder: Path) -> "Project":
        """A copy with all that ran, but for what its processes keep for themselves."""
        ignore = shutil.ignore_patterns(".timeshare")
        return Project(shutil.copytree(self.folder, folder, symlinks=True, ignore=ignore))

    def params(self) -> dict[str, Any]:
        """params.yaml as it stands."""
        content: dict[str, Any] = yaml.safe_load((self.folder / "params.yaml").read_text())
        return content

    def write_params(self, content: dict[str, Any]) -> None:
        """Replace params.yaml."""
        (self.folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def lock(self) -> dict[str, Any]:
        """dvc.lock."""
        content: dict[str, Any] = yaml.safe_load((self.folder / "dvc.lock").read_text())
        return content

    def bytes_of(self, *folders: str) -> dict[str, bytes]:
        """Every file under the folders, by its path."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for folder in folders
            for path in sorted((self.folder / folder).rglob("*"))
            if path.is_file() and path.name != ".gitignore"
        }


def new_project(folder: Path) -> Project:
    """Copy the code and the pipeline, with tiny parameters and a small file of the user's own."""
    shutil.copytree(
        ROOT / "src", folder / "src", symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots")
    for name in (".dvc/.gitignore", ".dvcignore", ".gitignore", "dvc.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / ".dvc/config").write_text("[core]\n    autostage = false\n")
    # What DVC takes only if it is there.
    for name in ("benchmarks/measured", "data/files", "data/suites", "data/vectors", "studies"):
        (folder / name).mkdir(parents=True)
        (folder / name / "README.md").touch()
    project = Project(folder)
    project.write_params(TINY)
    tiny.write_mine(folder)
    project.run("git", "init", "--quiet")
    project.run("git", "add", "--all")
    project.run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "start")
    return project


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    """Builds fresh copies of the project."""
    return lambda: new_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def reproduced(make_project: Callable[[], Project]) -> Project:
    """A copy in which the whole pipeline has run once. Tests that edit it put it back."""
    project = make_project()
    project.run("dvc", "repro")
    return project
