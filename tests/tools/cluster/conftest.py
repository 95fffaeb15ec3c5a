"""A scheduler and workers as processes of their own, each worker in its own folder; and projects with a remote."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import psutil
import pytest
import yaml

from tests import tiny
from tests.pipeline.conftest import ROOT, Project

_SECONDS = 300


def wait_until(what: Callable[[], object], seconds: float = _SECONDS) -> None:
    """Wait for something to be so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it has not come to that"
        time.sleep(0.05)


class Head:
    """`timeshare ...` on a cluster, and what it has said so far."""

    def __init__(self, project: Project, *command: str) -> None:
        self._log = project.folder.with_name("head.log")
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                ["timeshare", *command], cwd=project.folder, env=environment(project), stdout=log, stderr=log
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def says(self, text: str) -> None:
        """Wait until it says something."""
        wait_until(lambda: text in self.said or self.process.poll() is not None)
        assert text in self.said, self.said

    def ends_well(self) -> str:
        status = self.process.wait(_SECONDS)
        assert status == 0, self.said
        return self.said


class Cluster:
    """A scheduler without workers at first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        address = folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(address))
        self._start("scheduler", options, {})
        wait_until(lambda: address.exists() and address.read_text().endswith("}"))
        self.address: str = json.loads(address.read_text())["address"]

    def add_worker(self, **variables: str) -> "subprocess.Popen[bytes]":
        folder = self._folder / f"worker{len(self._processes)}"
        options = ("--nthreads", "1", "--resources", "timeshare=1", "--no-nanny", "--no-dashboard")
        return self._start("worker", (self.address, *options, "--local-directory", str(folder)), variables)

    def _start(self, kind: str, options: tuple[str, ...], variables: dict[str, str]) -> "subprocess.Popen[bytes]":
        with (self._folder / f"{kind}{len(self._processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options],
                cwd=self._folder,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **variables},
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()


def environment(project: Project) -> dict[str, str]:
    """As `Project.run` has it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src"), "DVC_NO_ANALYTICS": "1"}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler of the test's own."""
    with Cluster(tmp_path) as started:
        yield started


class Gated:
    """A project of shell commands, two of which begin and go on when they are let."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.project = Project(folder)
        self.gate = folder.parent / "gate"
        self.gate.mkdir(exist_ok=True)
        folder.mkdir()
        wait = f"for i in $(seq 900); do test -e {self.gate}/open && break; sleep 0.1; done"
        write = "(cat raw/numbers; echo ${item.name}) > ${item.name}"
        stages = {
            "raw": {"cmd": "mkdir -p raw && echo 3 > raw/numbers", "outs": ["raw"]},
            "fit": {
                "matrix": {"name": ["one", "two"]},
                "cmd": f"touch {self.gate}/${{item.name}}; {wait}; {write}",
                "deps": ["raw/numbers"],
                "outs": ["${item.name}"],
            },
            "sum": {"cmd": "cat one two > sum", "deps": ["one", "two"], "outs": [{"sum": {"cache": False}}]},
        }
        (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
        self.project.write_params(tiny.params_of({"parity": tiny.PARITY}, {"shared": tiny.SHARED}))
        self.run("git", "init", "--quiet")
        self.run("dvc", "init", "--quiet")
        self.run("dvc", "remote", "add", "--quiet", "--default", "store", str(store))
        self.commit()

    def run(self, *command: str) -> None:
        subprocess.run(command, cwd=self.project.folder, env=environment(self.project), check=True, capture_output=True)

    def commit(self) -> None:
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "more")

    def has_begun(self, name: str) -> bool:
        return (self.gate / name).exists()

    def open(self) -> None:
        """Let the commands go on."""
        (self.gate / "open").touch()

    @property
    def lock(self) -> dict[str, Any]:
        """The entries of dvc.lock."""
        entries: dict[str, Any] = self.project.lock()["stages"]
        return entries


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    """One whose gate is shut."""
    return Gated(tmp_path / "project", tmp_path / "store")


@pytest.fixture
def by_hand(gated: Gated, tmp_path: Path) -> Callable[[], dict[str, Any]]:
    """What dvc.lock says after `dvc repro` of the same project elsewhere; opens the gate."""

    def run() -> dict[str, Any]:
        gated.open()
        other = Gated(tmp_path / "serial", tmp_path / "other")
        other.run("dvc", "repro", "--quiet")
        return other.lock

    return run
