"""Processes side by side over the fits of many searches: each takes the next one that is open."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from timeshare.core.config.errors import UserError
from timeshare.core.imports import importing
from timeshare.stopping import end_with_parent, has_stopped, stop_behind, stop_by_exception

with importing():
    from timeshare.core.prepared.store import PreparedData
    from timeshare.tuning.decision import Result
    from timeshare.tuning.progress import Progress
    from timeshare.tuning.search import Member, Search, tuning_folder
    from timeshare.tuning.storage import Workers

_PAUSE_SECONDS = 1.0
_END_SECONDS = 10.0
# Processes that may be killed without one fit being done in between; then it is not by chance.
_MOST_KILLED = 3


def tune(members: Sequence[Member], jobs: int, write: Callable[[Member, Result], None]) -> None:
    """Do all fits of some searches, but for those that are done already.

    Args:
        members: what is searched for.
        jobs: processes side by side, over the fits of all searches.
        write: called with each search that is done, and what it came to.
    Raises:
        UserError: something in the way of a fit that the user can mend, or processes that are killed again and again.
    """
    searches = [Search(member) for member in members]
    progress = Progress(members, jobs)
    processes: list[_Worker] = []
    killed = 0
    try:
        while True:
            done = progress.done
            for search in list(searches):
                result = search.result()
                progress.update(search.member, result)
                if result.is_whole:
                    write(search.member, result)
                    searches.remove(search)
            if not searches:
                break
            ended = [process for process in processes if process.has_failed()]
            killed = len(ended) + (killed if progress.done == done else 0)
            if killed > _MOST_KILLED:
                what = f"{killed} processes were killed before one more fit was done"
                raise UserError(f"{what}, perhaps for memory; give fewer --jobs")
            processes = [process for process in processes if process not in ended]
            # One that has found nothing left to do has ended well, and is not replaced.
            processes += [_Worker(members, jobs) for _ in range(jobs - len(processes))]
            time.sleep(_PAUSE_SECONDS)
        for process in processes:
            process.join(_END_SECONDS)
    finally:
        progress.close()
        for process in processes:
            process.terminate()
        for process in processes:
            process.end()


class _Worker:
    """A process that works on searches, as the one that has started it sees it."""

    def __init__(self, members: Sequence[Member], jobs: int) -> None:
        context = get_context("spawn")
        self._said, saying = context.Pipe(duplex=False)
        members = [replace(member, root=member.root.absolute()) for member in members]
        self._process = context.Process(target=_process, args=(members, jobs, saying))
        self._process.start()
        saying.close()
        self.join, self.terminate = self._process.join, self._process.terminate

    def has_failed(self) -> bool:
        """Whether it was killed.

        Raises:
            UserError: it has ended by itself, for this.
        """
        if self._process.exitcode == 1:
            raise UserError(self._said.recv() if self._said.poll() else "a process has failed, as told above")
        return bool(self._process.exitcode)

    def end(self) -> None:
        """Wait for its end, for a while; what it was at goes on from its last epoch the next time."""
        self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def work(members: Sequence[Member], workers: Workers) -> None:
    """Do the fits that are open, whichever member's, as one of the workers of this machine, until none is left."""
    searches = [Search(member) for member in members]
    opened: dict[Path, PreparedData] = {}
    with workers.join() as worker:
        while searches:
            for search in searches:
                task = search.next_task(worker)
                if task is not None:
                    folder = search.member.prepared
                    if folder not in opened:
                        # Never the rows that the report is about.
                        opened[folder] = PreparedData.open(folder, ("train", "valid"))
                    search.perform(task, opened[folder])
                    break
            else:
                searches = [search for search in searches if not search.result().is_whole]
                # Others are at work on what is left; one of them may die.
                time.sleep(_PAUSE_SECONDS if searches else 0.0)


def _process(members: Sequence[Member], jobs: int, saying: Connection) -> None:
    """Be one of the processes."""
    stop_by_exception()
    end_with_parent()
    # Whether or not others do, the one that started this draws on the terminal.
    os.environ["TIMESHARE_JOBS"] = str(jobs + 1)
    status = 0
    try:
        os.chdir(members[0].root)
        work(members, Workers(tuning_folder(members[0].root) / "workers"))
    except BaseException as error:
        stopped = stop_behind(error)
        if stopped is not None:
            has_stopped()
            status = stopped.status
        elif isinstance(error, UserError):
            saying.send(str(error))
            status = 1
        else:
            raise
    sys.stderr.flush()
    os._exit(status)
