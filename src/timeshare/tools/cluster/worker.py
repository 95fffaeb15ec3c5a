"""What runs in the engine's worker processes: a plugin that brings the code, and the task that runs a command with it.

Both are imported there from the installed package. The command itself runs in a process of its own, from the code that
was sent, in a folder that no other command uses at the time.
"""

import contextlib
import fcntl
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from distributed import Reschedule, Worker, WorkerPlugin, get_worker

from timeshare.core.progress import VARIABLE, Progress
from timeshare.tools.cluster.code import Code, lay_out
from timeshare.tools.cluster.versions import differences, versions

# What a worker offers as many of as it may run stages at once.
RESOURCE = "timeshare"
_POLL_SECONDS = 0.5
_END_SECONDS = 10.0
# What runs in this process, by the task's key: a plugin may be replaced meanwhile.
_COMMANDS: dict[str, "subprocess.Popen[str]"] = {}


@dataclass(frozen=True)
class Request:
    """A command to be run on a worker, in plain values.

    Attributes:
        name: what people call it: a stage, or a fit.
        plugin: the name of the plugin that has brought the code.
        module: to be run, with the path of a file that holds `body` as JSON.
        body: what the module reads.
        files: small files that are laid out before, by path in the project.
        environment: variables of the command.
    """

    name: str
    plugin: str
    module: str
    body: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


class CodePlugin(WorkerPlugin):  # type: ignore[misc] # Dask has no types
    """Brings the project's code to each worker, those that come later too, and refuses those with other packages.

    Args:
        code: the working tree.
        packages: the versions that the head has.
        topic: of the events that the head listens to.
    """

    def __init__(self, code: Code, packages: Mapping[str, str], topic: str) -> None:
        self.code, self.packages, self.topic = code, packages, topic
        self.refused = ""

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("code", "packages", "topic")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    async def setup(self, worker: Worker) -> None:
        """Compare the packages; a worker that is refused offers nothing any more."""
        self.refused = differences(versions(), self.packages)
        if self.refused:
            worker.log_event(self.topic, {"kind": "refused", "worker": worker.address, "text": self.refused})
            if worker.state.total_resources.get(RESOURCE):
                await worker.set_resources(**{RESOURCE: 0})

    def transition(self, key: Any, start: Any, finish: Any, **kwargs: Any) -> None:
        """End the command of a task that nobody wants any more."""
        if finish in ("cancelled", "released", "forgotten") and key in _COMMANDS:
            end(_COMMANDS[key])


def perform(request: Request) -> dict[str, Any]:
    """Run a command on this worker.

    Returns:
        What the command's module has written as its result, and `files`, the bytes of those that it names.
    """
    worker = get_worker()
    plugin = worker.plugins[request.plugin]
    if plugin.refused:
        raise Reschedule
    key = worker.get_current_task()
    with _free_folder(Path(worker.local_directory) / "timeshare") as folder:
        lay_out(plugin.code, folder)
        for name, content in request.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        private = folder / ".timeshare/cluster"
        private.mkdir(parents=True, exist_ok=True)
        for name in ("result", "progress"):
            (private / name).unlink(missing_ok=True)
        (private / "request").write_text(json.dumps(request.body), encoding="utf-8")

        def tell(kind: str, **values: Any) -> None:
            worker.log_event(plugin.topic, {"kind": kind, "name": request.name, "worker": worker.address, **values})

        tell("begun")
        started = time.monotonic()
        threads = max(1, (os.cpu_count() or 1) // worker.state.nthreads)
        command = subprocess.Popen(
            [sys.executable, "-m", request.module, str(private / "request"), str(private / "result")],
            cwd=folder,
            env={
                **os.environ,
                "OMP_NUM_THREADS": str(threads),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
                "PYTHONPATH": _python_path(folder),
                "TIMESHARE_JOBS": "2",  # Nothing draws on a terminal.
                "DVC_NO_ANALYTICS": "1",
                VARIABLE: str(private / "progress"),
                **request.environment,
            },
            stdin=subprocess.PIPE,  # Its end tells the command that this process is no more.
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        _COMMANDS[key] = command
        try:
            _follow(command, private / "progress", tell)
        finally:
            end(command)
            _COMMANDS.pop(key, None)
        try:
            result: dict[str, Any] = json.loads((private / "result").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            result = {"failed": f"its process ended with {command.returncode}, as told above"}
        result["files"] = {
            name: (folder / name).read_bytes() for name in result.get("files", ()) if (folder / name).is_file()
        }
        result |= {"worker": worker.address, "seconds": time.monotonic() - started}
        return result


def end(command: "subprocess.Popen[str]") -> None:
    """End a command that still runs: it is asked to, and then made to."""
    with contextlib.suppress(ProcessLookupError):
        if command.poll() is None:
            command.send_signal(signal.SIGTERM)
            threading.Thread(target=_make_end, args=(command,), daemon=True).start()


def _make_end(command: "subprocess.Popen[str]") -> None:
    try:
        command.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        command.kill()


def _follow(command: "subprocess.Popen[str]", progress: Path, tell: Any) -> None:
    """Hand on what a command says and how far it is, until it has ended."""

    def read() -> None:
        assert command.stdout is not None
        for line in command.stdout:
            tell("line", text=line.rstrip("\n"))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    told: Progress | None = None
    while command.poll() is None:
        time.sleep(_POLL_SECONDS)
        now = Progress.read(progress)
        if now is not None and now != told:
            tell("progress", **asdict(now))
            told = now
    reader.join(_END_SECONDS)


@contextlib.contextmanager
def _free_folder(root: Path) -> Iterator[Path]:
    """The first of a worker's folders that no command uses: as many as run at once, each with what it had before."""
    root.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        descriptor = os.open(root / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        try:
            yield root / str(number)
        finally:
            os.close(descriptor)
        return


def _python_path(folder: Path) -> str:
    """The code that was sent comes before the installed one; a project of `timeshare init` has none."""
    given = os.environ.get("PYTHONPATH", "")
    own = folder / "src"
    return os.pathsep.join(filter(None, [str(own) if (own / "timeshare").is_dir() else "", given]))
