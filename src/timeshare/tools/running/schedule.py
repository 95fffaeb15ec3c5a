"""The stages of a plan, each begun as soon as those it needs are done, by whatever runs their commands."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import dvc.progress
import dvc.stage.run
import psutil
from dvc.exceptions import DvcException
from dvc.repo import Repo

from timeshare.tools.lock import LockFile
from timeshare.tools.running.board import Board
from timeshare.tools.running.times import Times, makespan

if TYPE_CHECKING:
    from dvc.stage import Stage

_END_SECONDS = 10.0


class Runner(Protocol):
    """Runs stages' commands.

    Attributes:
        slots: stages that it takes on at once.
    """

    slots: int

    def width(self) -> int:
        """Stages that run at once, of those that it has taken on."""

    def run(self, stage: "Stage") -> None:
        """Run a stage's command, and see to it that its outputs are there.

        Raises:
            DvcException: the command has failed.
        """

    def stopped(self) -> None:
        """This process is told to end: nothing waits for the commands any more."""


def reproduce(
    plan: Sequence["Stage"],
    needs: Mapping["Stage", set["Stage"]],
    runner: Runner,
    lock_file: LockFile,
    decisive: frozenset[str],
    times: Times,
    board: Board,
) -> dict["Stage", str | None]:
    """Run the stages, each as soon as those it needs are done.

    When one of the decisive ones fails, nothing but data is made any more.

    Returns:
        The ones that failed, with the reason, and with None those that were left out, for they need one that failed.
    """
    waiting = dict.fromkeys(plan)
    done: set[Stage] = set()
    failed: dict[Stage, str | None] = {}
    running: dict[Future[Any], Stage] = {}

    def seconds_left() -> float | None:
        names = [stage.addressing for stage in [*list(running.values()), *list(waiting)]]
        known = {name: times.of(name) for name in names}
        seconds = {name: max(found - board.elapsed(name), 0.0) for name, found in known.items() if found is not None}
        upstream = {stage.addressing: [need.addressing for need in needs[stage]] for stage in plan}
        return makespan(seconds, upstream, runner.width()) if seconds else None

    board.left = seconds_left
    if board.is_live:  # DVC's own bars would draw over it.
        dvc.progress.logger.setLevel(logging.CRITICAL)
    pool = ThreadPoolExecutor(min(runner.slots, len(plan)) or 1)
    others = psutil.Process().children()
    with _commands_run_by(runner), board:
        try:
            while waiting or running:
                for stage in list(waiting):
                    if needs[stage] & failed.keys():
                        failed[stage] = None
                        del waiting[stage]
                    elif needs[stage] <= done and len(running) < runner.slots:
                        running[pool.submit(_reproduce_stage, stage, lock_file)] = stage
                        del waiting[stage]
                bad = [stage.addressing for stage, reason in failed.items() if reason is not None]
                board.counted(len(waiting), len(done), bad)
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    stage = running.pop(future)
                    board.ended(stage.addressing)
                    error = future.exception()
                    if error is None:
                        done.add(stage)
                    elif isinstance(error, DvcException):
                        failed[stage] = " ".join(str(error).split())
                        if stage.addressing in decisive:
                            failed.update(dict.fromkeys(stage for stage in waiting if not makes_data(stage)))
                            waiting = {stage: None for stage in waiting if makes_data(stage)}
                    else:
                        raise error
        except BaseException:
            _end_stages(plan[0].repo, others)
            runner.stopped()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return failed


def makes_data(stage: "Stage") -> bool:
    """Whether a stage takes seconds, before anything is trained."""
    return stage.addressing.partition("@")[0] in ("download", "ingest", "prepare", "size")


def claims(repo: Repo) -> Path:
    """DVC's note of which process reads and writes which path."""
    return Path(repo.tmp_dir) / "rwlock"


@contextmanager
def _commands_run_by(runner: Runner) -> Iterator[None]:
    """Let DVC do all that it does about a stage, but for running its command."""

    def run(stage: "Stage", dry: bool = False, run_env: Mapping[str, str] | None = None) -> None:
        runner.run(stage)

    before, dvc.stage.run.cmd_run = dvc.stage.run.cmd_run, run
    try:
        yield
    finally:
        dvc.stage.run.cmd_run = before


def _reproduce_stage(stage: "Stage", lock_file: LockFile) -> None:
    with stage.repo.lock:
        if stage.reproduce():
            lock_file.record(stage)


def _end_stages(repo: Repo, others: Sequence[psutil.Process]) -> None:
    """End the commands that run, when this process is told to end and will not wait for them.

    It takes the turn for good, so that no thread is writing dvc.lock when the process goes.

    Args:
        repo: whose stages they are of.
        others: processes that were there before, which are somebody else's to end.
    """
    repo.lock.lock()
    commands = [process for process in psutil.Process().children() if process not in others]
    for command in commands:
        command.terminate()
    psutil.wait_procs(commands, timeout=_END_SECONDS)
    # What those stages read and write is noted there, as this process's, of which the next one would warn line by line.
    claims(repo).unlink(missing_ok=True)
