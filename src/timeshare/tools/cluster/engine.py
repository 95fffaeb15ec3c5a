"""The head's side of the engine: a Dask scheduler that is handed commands, and keeps them if the head dies."""

import hashlib
import logging
import os
import socket
import sys
import threading
import time
import warnings
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from timeshare.core.config.errors import UserError
from timeshare.core.progress import Progress
from timeshare.tools.running.board import Board

try:
    from distributed import Client, Future, KilledWorker
    from distributed.versions import VersionMismatchWarning

    from timeshare.tools.cluster.worker import RESOURCE, CodePlugin, Request, perform
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] in ("distributed", "dask"):
        raise UserError(f"--cluster: {error.name} is not installed; pip install 'timeshare[cluster]'") from None
    raise
from timeshare.tools.cluster.code import Code, pack_code
from timeshare.tools.cluster.versions import versions

_CONNECT_SECONDS = 10
_MOST_NAMED = 3
_SAY_SECONDS = 10.0


class Engine:
    """A connection to a scheduler, for the commands of one project.

    Args:
        client: connected.
        project: tells this project from others on the same scheduler.
        code: what the workers are sent.
        board: that shows what runs.
    """

    def __init__(self, client: "Client", project: str, code: Code, board: Board) -> None:
        self._client, self._project, self._board = client, f"timeshare-{project}", board
        self._latest: dict[str, Progress] = {}
        self._said: dict[str, float] = {}
        self._refused: set[str] = set()
        self._turn = threading.Lock()
        self._asked, self._offers = float("-inf"), 1
        self._kept: set[str] = {name for name in client.list_datasets() if str(name).startswith(f"{self._project}/")}
        self._wanted: set[str] = set()
        client.subscribe_topic(self._project, self._heard)
        client.register_plugin(CodePlugin(code, versions(), self._project), name=self._project)
        self._check_workers()

    def forget_all_but(self, names: Collection[str]) -> None:
        """End what a former head has left at the workers, but for commands of these names."""
        for kept in list(self._kept):
            if kept.removeprefix(f"{self._project}/") not in names:
                self._forget(kept)

    def perform(
        self,
        name: str,
        key: str,
        module: str,
        body: Mapping[str, Any],
        files: Mapping[str, bytes],
        environment: Mapping[str, str],
    ) -> dict[str, Any]:
        """Run a command on some worker, and wait for it; on another, if the worker dies.

        Args:
            name: what people call it.
            key: digest of all that its result depends on. What a former head has left under the same name is waited
                for if it has the same key, and else ended.
            module: that the worker runs.
            body: what that reads.
            files: laid out before.
            environment: variables of the command.
        Returns:
            What `worker.perform` gives.
        Raises:
            UserError: the command has failed, it kills its workers, or the scheduler has gone.
        """
        place = f"{self._project}/{name}"
        self._wanted.add(name)
        try:
            future = self._left(place, key) or self._submit(
                place, key, Request(name, self._project, module, body, files, environment)
            )
            result: dict[str, Any] = future.result()
        except KilledWorker:
            raise UserError("each of the workers that ran it was killed, perhaps for memory") from None
        except (CancelledError, OSError):
            raise UserError("the scheduler has gone; start it, and run again to go on") from None
        except Exception as error:  # What the task itself has met; its process says what the command meets.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UserError(f"a worker could not run it ({reason})") from None
        finally:
            self._board.ended(name)
        self._forget(place)
        if "failed" in result:
            raise UserError(f"on {result['worker']}: {result['failed']}")
        return result

    def offers(self) -> int:
        """Commands that the workers run at once, asked for now and then; at least 1."""
        if time.monotonic() - self._asked > _SAY_SECONDS:
            self._asked = time.monotonic()
            workers = self._client.scheduler_info()["workers"].values()
            self._offers = max(1, sum(int(worker["resources"].get(RESOURCE, 0)) for worker in workers))
        return self._offers

    def _submit(self, place: str, key: str, request: "Request") -> "Future":
        # A name of its own each time: the engine would take the last one's result for that of a command that failed.
        task = f"{place}#{key}#{os.urandom(4).hex()}"
        future = self._client.submit(perform, request, key=task, resources={RESOURCE: 1}, pure=False)
        self._client.publish_dataset(future, name=place, override=True)
        return future

    def _left(self, place: str, key: str) -> "Future | None":
        """What a former head has begun, if it is the same."""
        with self._turn:
            if place not in self._kept:
                return None
            self._kept.discard(place)
        future: Future = self._client.get_dataset(place)
        if str(future.key).split("#")[1] == key and future.status in ("pending", "finished"):
            self._board.say(f"{place.partition('/')[2]}: was left at a worker, and is taken up again")
            self._show(place.partition("/")[2], "")
            return future
        self._forget(place)
        return None

    def _forget(self, place: str) -> None:
        self._kept.discard(place)
        self._client.unpublish_dataset(place)

    def _check_workers(self) -> None:
        workers = self._client.scheduler_info()["workers"]
        if not workers:
            self._board.say("no worker is there yet; stages wait for one")
        elif not any(RESOURCE in worker["resources"] for worker in workers.values()):
            raise UserError(
                f"--cluster: none of its {len(workers)} workers offers to run stages; start them with "
                f"`dask worker ADDRESS --resources {RESOURCE}=1` (or as many stages as each may run at once)"
            )
        elif not any(worker["resources"].get(RESOURCE) for worker in workers.values()):
            self._board.say("all workers are refused; stages wait for another one")

    def _heard(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Show what a worker tells."""
        told = event[1]
        kind, name, worker = told["kind"], told.get("name", ""), told["worker"]
        if kind == "refused":
            with self._turn:
                new = worker not in self._refused
                self._refused.add(worker)
            if new:
                self._board.say(f"{worker}: is refused, for its packages are others: {told['text']}")
        elif name not in self._wanted:
            pass
        elif kind == "begun":
            self._latest.pop(name, None)
            self._show(name, f"on {worker}, ")
            if not self._board.is_live:
                self._board.say(f"{name}: runs on {worker}")
        elif kind == "line":
            self._board.say(told["text"])
        elif kind == "progress":
            progress = Progress(told["share"], told["said"])
            self._latest[name] = progress
            if not self._board.is_live and time.monotonic() - self._said.get(name, 0.0) > _SAY_SECONDS:
                self._said[name] = time.monotonic()
                self._board.say(f"{name}: {progress.said}")

    def _show(self, name: str, where: str) -> None:
        self._board.begun(name, lambda: self._latest.get(name), where)

    def stopped(self) -> None:
        """Say what goes on without this head."""
        print("what runs at the workers goes on there; the next run takes it up", file=sys.stderr)


@contextmanager
def connected(address: str, root: Path, written: Collection[str], board: Board) -> Iterator[Engine]:
    """A connection to a scheduler, whose workers have the project's code.

    Args:
        address: as Dask understands it; for tls://..., the keys are in Dask's configuration.
        root: the project.
        written: paths that stages write; what differs there from the commit is no edit.
        board: that shows what runs.
    Raises:
        UserError: nothing answers there, or the code cannot be sent.
    """
    code = pack_code(root)
    for name in ("client", "utils"):  # What they meet is said here in one line, and not by tracebacks.
        logging.getLogger(f"distributed.{name}").setLevel(logging.CRITICAL)
    project = hashlib.sha256(f"{socket.gethostname()}:{root.resolve()}".encode()).hexdigest()[:12]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VersionMismatchWarning)
        try:
            client = Client(address, timeout=_CONNECT_SECONDS, name="timeshare", set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            reason = " ".join(str(error).split())
            raise UserError(f"--cluster {address}: no scheduler answers there ({reason}); start it") from None
    edited = [name for name in code.changed if not any(Path(name).is_relative_to(path) for path in written)]
    if edited:
        more = f" and {len(edited) - _MOST_NAMED} more" if len(edited) > _MOST_NAMED else ""
        board.say(
            f"workers are sent what is not committed, too: {', '.join(edited[:_MOST_NAMED])}{more}, "
            f"over commit {code.commit[:10]}"
        )
    with client:
        yield Engine(client, project, code, board)
