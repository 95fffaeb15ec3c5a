"""The process in which a worker runs one command: `python -m timeshare.tools.cluster.stage REQUEST RESULT`, or `.fit`.

It begins with what the two have in common: the inputs by way of DVC's remote, and what is in .timeshare afterwards.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
from dvc.exceptions import DvcException
from dvc.repo import Repo

from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.stopping import has_stopped, stop_behind, stop_by_exception
from timeshare.tools.cluster.remote import Objects
from timeshare.tools.code import refresh_code
from timeshare.tools.running.turns import held
from timeshare.tracking.delivery import drain, ensure_sender
from timeshare.tracking.workplace import Workplace, exclusive

# What the head keeps of a command: notes on seeds and runs, and events that no server has yet.
_NOTES = (".timeshare/made", ".timeshare/runs", ".timeshare/spool")
_DRAIN_SECONDS = 30.0


def main(work: Callable[[Repo, Objects, Mapping[str, Any]], dict[str, Any]]) -> None:
    """Do what the request says, and write what came of it.

    Args:
        work: called with the repository, its remote and the request's body; gives the result.
    """
    request, result = map(Path, sys.argv[1:])
    stop_by_exception()
    _stop_with_worker()
    body = json.loads(request.read_text(encoding="utf-8"))
    status = 0
    try:
        refresh_code(Path())
        with Repo() as repo, held(repo), repo.scm_context(quiet=True), _tracked(body["tracking"]) as notes:
            objects = Objects(repo, lambda line: print(line, file=sys.stderr, flush=True))
            objects.fetch(md5 for _, md5 in body["inputs"])
            for path, md5 in body["inputs"]:
                objects.lay_out(md5, Path(path))
            found = work(repo, objects, body)
        found["files"] = [*found.get("files", ()), *notes()]
        write_json(result, found)
    except BaseException as error:
        stopped = stop_behind(error)
        if stopped is not None:
            for command in psutil.Process().children():
                command.terminate()
            has_stopped()
            status = stopped.status
        elif isinstance(error, UserError | DvcException):
            write_json(result, {"failed": " ".join(str(error).split())})
        else:
            raise
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _stop_with_worker() -> None:
    """End this process when the worker's has ended, however that was: its end of the pipe closes."""

    def wait() -> None:
        while sys.stdin.buffer.read(1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _tracked(by_server: bool) -> Iterator[Callable[[], list[str]]]:
    """Runs go to the server while the command runs, or wait for the head where that alone has the place.

    Yields:
        What gives, at the end, the files that are for the head.
    """
    workplace = Workplace(Path())
    before = set(_notes())
    with ExitStack() as stack:
        if not by_server:
            # Who holds it is taken for the sender: so none is started.
            stack.enter_context(exclusive(workplace.lock))

        def notes() -> list[str]:
            if by_server:
                ensure_sender(Path())
                drain(Path(), _DRAIN_SECONDS)
            return sorted(set(_notes()) - before)

        yield notes


def _notes() -> Iterator[str]:
    for folder in _NOTES:
        yield from (path.as_posix() for path in Path(folder).rglob("*") if path.is_file() and path.name != "delivered")
