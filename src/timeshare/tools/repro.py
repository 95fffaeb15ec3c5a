"""`timeshare repro --jobs N`: one `dvc repro`, its independent stages side by side.

DVC itself runs each stage, as in a serial repro: run cache, output hashes, dvc.lock. It lets go of the repository's
lock while a stage's command runs, so that is all that runs side by side: one thread a job, and a lock in place of DVC's
that threads wait for in turn. The real lock is held throughout, so that no other DVC command comes between.

The user's own data comes first, and nothing is trained while it cannot be read: a mistake in a file costs seconds.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil
from dvc.exceptions import DvcException
from dvc.lock import LockBase, LockError
from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.scm import SCMError

from timeshare.core.config.errors import UserError
from timeshare.params import Params, load_params
from timeshare.tools.code import refresh_code
from timeshare.tools.lock import LockFile, drop_damaged_claims
from timeshare.tools.own_data import reading_stages, unasked_studies

if TYPE_CHECKING:
    from dvc.stage import Stage

_LOCK_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_END_SECONDS = 10.0
_MOST_NAMED = 4


class TurnLock(LockBase):  # type: ignore[misc] # DVC has no types
    """Takes the place of DVC's lock: the threads of this process hold it in turn."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def lock(self) -> None:
        """Wait for this thread's turn."""
        self._turn.acquire()

    def unlock(self) -> None:
        """Give the turn away."""
        self._turn.release()

    @property
    def is_locked(self) -> bool:
        """Whether any thread has its turn."""
        return self._turn.locked()

    def __enter__(self) -> Self:
        self.lock()
        return self

    def __exit__(self, *_: object) -> None:
        self.unlock()


def main(jobs: int, targets: list[str], dry: bool = False) -> int:
    """Reproduce the pipeline.

    Args:
        jobs: stages that run at once, at least 1.
        targets: stages to bring up to date, with what they need; none: all.
        dry: print the names of the stages that would run, and of those that may follow from them, and run none.
    Returns:
        0, or 1 if a stage failed; the stages that need it are left out, all others run.
    Raises:
        UserError: params.yaml holds a mistake, another DVC command holds the repository, or the pipeline cannot be
            read.
    """
    if jobs < 1:
        raise UserError(f"--jobs {jobs}: give at least 1")
    # Before DVC removes the outputs of a stage that would then refuse them.
    params = load_params()
    refresh_code(Path())
    decisive = reading_stages(params)
    try:
        with _repository() as repo, _held(repo), repo.scm_context(quiet=True):
            drop_damaged_claims(_claims(repo))
            lock_file = LockFile(Path(repo.root_dir) / "dvc.lock")
            if not repo.index.stages:
                raise UserError("dvc.yaml: has no stage; take it from git, or let `timeshare init` make a project")
            graph = get_active_graph(repo.index.graph)
            asked = [stage for target in targets for stage in repo.stage.collect(target)]
            plan = _for_own_data(plan_repro(graph, asked or list(repo.index.stages)), asked, params)
            needs = {stage: set(graph.successors(stage)) & set(plan) for stage in plan}
            if dry:
                with repo.lock:
                    _preview(plan, needs)
                return 0
            failed = _reproduce(plan, needs, jobs, lock_file, decisive)
    except LockError:
        raise UserError("another DVC command is running here; wait for it to end") from None
    except UnicodeEncodeError as error:
        raise UserError(
            f"{error.object}: the name of this file is no UTF-8, which DVC cannot note; rename it"
        ) from None
    except DvcException as error:
        raise UserError(" ".join(str(error).split())) from None
    _report(failed, decisive)
    return 1 if failed else 0


def _repository() -> Repo:
    """DVC's repository here, in one of git or not: a project may come as an archive."""
    try:
        return Repo()
    except SCMError as error:
        print(f"{error}: all works without, but MLflow's runs name no commit; `git init` begins one", file=sys.stderr)
        return Repo(config={"core": {"no_scm": True}})


def _for_own_data(plan: list["Stage"], asked: list["Stage"], params: Params) -> list["Stage"]:
    """The plan with the stages that read the user's own data first, and without studies that nobody asks for."""
    names = [f"study@{name}" for name in unasked_studies(params)]
    unasked = [stage for stage in plan if stage.addressing in names and stage not in asked]
    if unasked:
        studies = ", ".join(stage.addressing for stage in unasked)
        print(f"left out, for run.datasets names none of this package's data: {studies}", file=sys.stderr)
        print(f"`timeshare repro {unasked[0].addressing} report` makes one all the same", file=sys.stderr)
    first = reading_stages(params)
    return sorted((stage for stage in plan if stage not in unasked), key=lambda stage: stage.addressing not in first)


def _report(failed: dict["Stage", str | None], decisive: frozenset[str]) -> None:
    """Say last what has failed, and in one line what was left out for it: one mistake can leave out a hundred."""
    unread = any(reason is not None and stage.addressing in decisive for stage, reason in failed.items())
    left_out: dict[str, list[str]] = {}
    for stage, reason in failed.items():
        if reason is None:
            why = "they need what failed" if not unread or _makes_data(stage) else "your own data cannot be read"
            left_out.setdefault(why, []).append(stage.addressing)
    for why, names in left_out.items():
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        print(f"left out, for {why}: {', '.join(names[:_MOST_NAMED])}{more}", file=sys.stderr)
    for stage, reason in failed.items():
        if reason is not None:
            print(f"{stage.addressing}: {reason}", file=sys.stderr)


def _makes_data(stage: "Stage") -> bool:
    """Whether a stage takes seconds, before anything is trained."""
    return stage.addressing.partition("@")[0] in ("download", "ingest", "prepare", "size")


def _preview(plan: list["Stage"], needs: dict["Stage", set["Stage"]]) -> None:
    """Print which stages are not up to date, and apart from these the ones that run if what they read changes by it."""
    changed: list[Stage] = []
    following: list[Stage] = []
    for stage in plan:  # each after those that it needs
        if stage.changed():
            changed.append(stage)
        elif not needs[stage].isdisjoint([*changed, *following]):
            following.append(stage)
    for stage in changed:
        print(stage.addressing)
    if following:
        print("# and these, as far as what they read comes out differently:")
    for stage in following:
        print(stage.addressing)


@contextmanager
def _held(repo: Repo) -> Iterator[None]:
    """Hold the repository against other processes, and let this one's threads take turns."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            repo.lock.lock()
            break
        except LockError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
    real, repo.lock = repo.lock, TurnLock()
    try:
        yield
    finally:
        real.unlock()


def _reproduce(
    plan: list["Stage"],
    needs: dict["Stage", set["Stage"]],
    jobs: int,
    lock_file: LockFile,
    decisive: frozenset[str],
) -> dict["Stage", str | None]:
    """Run the stages, each as soon as those it needs are done.

    When one of the decisive ones fails, nothing but data is made any more.

    Returns:
        The ones that failed, with the reason, and with None those that were left out, for they need one that failed.
    """
    # A command that divides its arithmetic between threads gets its share of the cores.
    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    environment = {"OMP_NUM_THREADS": threads, "TIMESHARE_JOBS": str(jobs)}
    waiting = dict.fromkeys(plan)
    done: set[Stage] = set()
    failed: dict[Stage, str | None] = {}
    running: dict[Future[Any], Stage] = {}
    pool = ThreadPoolExecutor(jobs)
    try:
        while waiting or running:
            for stage in list(waiting):
                if needs[stage] & failed.keys():
                    failed[stage] = None
                    del waiting[stage]
                elif needs[stage] <= done and len(running) < jobs:
                    running[pool.submit(_reproduce_stage, stage, environment, lock_file)] = stage
                    del waiting[stage]
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                stage = running.pop(future)
                error = future.exception()
                if error is None:
                    done.add(stage)
                elif isinstance(error, DvcException):
                    failed[stage] = " ".join(str(error).split())
                    if stage.addressing in decisive:
                        failed.update(dict.fromkeys(stage for stage in waiting if not _makes_data(stage)))
                        waiting = {stage: None for stage in waiting if _makes_data(stage)}
                else:
                    raise error
    except BaseException:
        _end_stages(plan[0].repo)
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return failed


def _end_stages(repo: Repo) -> None:
    """End the commands that run, when this process is told to end and will not wait for them.

    It takes the turn for good, so that no thread is writing dvc.lock when the process goes.
    """
    repo.lock.lock()
    commands = psutil.Process().children()
    for command in commands:
        command.terminate()
    psutil.wait_procs(commands, timeout=_END_SECONDS)
    # What those stages read and write is noted there, as this process's, of which the next one would warn line by line.
    _claims(repo).unlink(missing_ok=True)


def _claims(repo: Repo) -> Path:
    """DVC's note of which process reads and writes which path."""
    return Path(repo.tmp_dir) / "rwlock"


def _reproduce_stage(stage: "Stage", environment: dict[str, str], lock_file: LockFile) -> None:
    with stage.repo.lock:
        if stage.reproduce(run_env=environment):
            lock_file.record(stage)
