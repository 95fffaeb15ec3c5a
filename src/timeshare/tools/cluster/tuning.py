"""The fits of many searches on the workers of a cluster; which are done is on record here."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo

from timeshare.core.artifacts import digest
from timeshare.core.config.errors import UserError
from timeshare.tools.cluster.engine import Engine
from timeshare.tools.cluster.exchange import Exchange
from timeshare.tools.cluster.runner import SLOTS, cluster_engine
from timeshare.tools.running.board import Board
from timeshare.tools.running.times import Times
from timeshare.tools.running.turns import held
from timeshare.tracking.settings import TrackingSettings
from timeshare.tuning.decision import Result
from timeshare.tuning.search import Member, Search, Task, tuning_folder
from timeshare.tuning.storage import Workers
from timeshare.tuning.trial import Outcome

if TYPE_CHECKING:
    from dvc.stage import Stage

_PAUSE_SECONDS = 1.0


def tune_on(
    address: str,
    tracking: TrackingSettings,
    members: Sequence[Member],
    write: Callable[[Member, Result], None],
) -> None:
    """Do all fits of some searches on workers, but for those that are done already.

    Args:
        address: of the scheduler.
        tracking: where runs are recorded.
        members: what is searched for.
        write: called with each search that is done, and what it came to.
    Raises:
        UserError: a fit met something that the user can mend, or what is in the way of using the cluster.
    """
    try:
        with Repo() as repo, held(repo):
            board = Board(Times(Path(repo.root_dir)))
            stages = list(repo.index.stages)
            with cluster_engine(address, repo, stages, tracking, board) as (engine, exchange), board:
                by_name = {stage.addressing: stage for stage in stages}
                tunes = {member.name: by_name[f"tune@{member.dataset}-{member.model}"] for member in members}
                workers = Workers(tuning_folder(members[0].root) / "workers")
                with workers.join() as worker:
                    _search(engine, exchange, board, [Search(member) for member in members], tunes, worker, write)
    except LockError:
        raise UserError("another DVC command is running here; wait for it to end") from None
    except DvcException as error:
        raise UserError(" ".join(str(error).split())) from None


def _search(
    engine: Engine,
    exchange: Exchange,
    board: Board,
    searches: list[Search],
    tunes: dict[str, "Stage"],
    worker: str,
    write: Callable[[Member, Result], None],
) -> None:
    given = {name: exchange.give(stage) for name, stage in tunes.items()}

    def fit(member: Member, task: Task) -> Outcome:
        body, files = given[member.name]
        facts = {"key": member.key, "name": task.name, "settings": dict(task.settings), "seed": task.seed}
        body = {**body, "dataset": member.dataset, "model": member.model, **facts}
        name = f"{member.name} {task.name}"
        try:
            module = "timeshare.tools.cluster.fit"
            result = engine.perform(name, digest(facts), module, body, files, exchange.environment)
        except UserError as error:
            raise UserError(f"{name}: {error}") from None
        exchange.take_files(result)
        return Outcome(**result["outcome"])

    done, of = 0, sum(search.member.fits for search in searches)
    running: dict[Future[Outcome], tuple[Search, Task]] = {}
    pool = ThreadPoolExecutor(SLOTS)
    try:
        while searches:
            for search in searches:
                while len(running) < SLOTS and (task := search.next_task(worker)) is not None:
                    running[pool.submit(fit, search.member, task)] = (search, task)
            board.counted(of - done - len(running), done, ())
            finished, _ = wait(running, _PAUSE_SECONDS, FIRST_COMPLETED)
            for future in finished:
                search, task = running.pop(future)
                search.record(task, future.result())
            if finished or not running:
                results = {search: search.result() for search in searches}
                left = sum(search.member.fits - len(found.fits) for search, found in results.items())
                done = of - left
                for search, found in results.items():
                    if found.is_whole:
                        write(search.member, found)
                        searches.remove(search)
                        board.say(f"{search.member.name}: is tuned; of all fits {done} of {of} are done")
    except BaseException:
        engine.stopped()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
