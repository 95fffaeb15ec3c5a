"""`timeshare repro`: one `dvc repro`, its independent stages side by side, on this machine or on a cluster.

DVC itself sees to each stage, as in a serial repro: run cache, output hashes, dvc.lock. It lets go of the repository's
lock while a stage's command runs, so that is all that runs side by side: one thread a stage, and a lock in place of
DVC's that threads wait for in turn. The real lock is held throughout, so that no other DVC command comes between.

The user's own data comes first, and nothing is trained while it cannot be read: a mistake in a file costs seconds.
"""

import sqlite3
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dvc.dependency.param import ParamsDependency, read_param_file
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.scm import SCMError

from timeshare.core.config.errors import UserError
from timeshare.core.config.spelling import did_you_mean
from timeshare.params import Params, load_params
from timeshare.tools.code import refresh_code
from timeshare.tools.lock import LockFile, drop_damaged_claims
from timeshare.tools.own_data import reading_stages, unasked_studies
from timeshare.tools.running.board import Board
from timeshare.tools.running.local import LocalRunner
from timeshare.tools.running.schedule import Runner, claims, makes_data, reproduce
from timeshare.tools.running.times import Times, in_words, makespan
from timeshare.tools.running.turns import held
from timeshare.tools.verify import reproduced

if TYPE_CHECKING:
    from dvc.stage import Stage

_MOST_NAMED = 4


def main(jobs: int, targets: list[str], dry: bool = False, cluster: str | None = None) -> int:
    """Reproduce the pipeline.

    Args:
        jobs: stages that run at once on this machine, at least 1.
        targets: stages to bring up to date, with what they need; none: all.
        dry: print the names of the stages that would run, and of those that may follow from them, and run none; on
            stderr, how long they will take.
        cluster: the address of a Dask scheduler, on whose workers stages run; None: they run here.
    Returns:
        0, and the report's path stands last; or 1 if a stage failed: those that need it are left out, all others run.
    Raises:
        UserError: params.yaml holds a mistake, another DVC command holds the repository, the pipeline cannot be read,
            or what is in the way of using the cluster.
    """
    if jobs < 1:
        raise UserError(f"--jobs {jobs}: give at least 1")
    # Before DVC removes the outputs of a stage that would then refuse them.
    params = load_params()
    refresh_code(Path())
    decisive = reading_stages(params)
    try:
        with _repository() as repo, held(repo), repo.scm_context(quiet=True), ExitStack() as stack:
            drop_damaged_claims(claims(repo))
            lock_file = LockFile(Path(repo.root_dir) / "dvc.lock")
            times = Times(Path(repo.root_dir))
            if not repo.index.stages:
                raise UserError("dvc.yaml: has no stage; take it from git, or let `timeshare init` make a project")
            graph = get_active_graph(repo.index.graph)
            asked = [stage for target in targets for stage in _collected(repo, target)]
            plan = _for_own_data(plan_repro(graph, asked or list(repo.index.stages)), asked, params)
            _check_settings(repo, plan)
            needs = {stage: set(graph.successors(stage)) & set(plan) for stage in plan}
            if dry:
                with repo.lock:
                    _preview(plan, needs, times, jobs)
                return 0
            board = Board(times)
            runner: Runner = LocalRunner(jobs, times, board)
            if cluster is not None:
                # Not at the top: its engine is an extra of the package.
                from timeshare.tools.cluster.runner import cluster_runner

                stages = list(graph)
                runner = stack.enter_context(
                    cluster_runner(cluster, repo, stages, params.tracking, runner, times, board)
                )
            failed = reproduce(plan, needs, runner, lock_file, decisive, times, board)
    except LockError:
        raise UserError("another DVC command is running here; wait for it to end") from None
    except sqlite3.Error as error:
        mend = "make room, or name a folder elsewhere by `dvc config --local core.site_cache_dir FOLDER`"
        raise UserError(f"DVC cannot keep its notes ({error}); {mend}") from None
    except UnicodeEncodeError as error:
        raise UserError(
            f"{error.object}: the name of this file is no UTF-8, which DVC cannot note; rename it"
        ) from None
    except DvcException as error:
        raise UserError(" ".join(str(error).split())) from None
    _report(failed, decisive)
    page = Path(repo.root_dir) / "report" / "index.html"
    if not failed and any(stage.addressing == "report" for stage in plan) and page.exists():
        print(f"report: {page}")
        if (equal := reproduced(Path(repo.root_dir))) is not None:
            print(equal)
    return 1 if failed else 0


def _repository() -> Repo:
    """DVC's repository here, in one of git or not: a project may come as an archive."""
    try:
        return Repo()
    except SCMError as error:
        print(f"{error}: all works without, but MLflow's runs name no commit; `git init` begins one", file=sys.stderr)
        return Repo(config={"core": {"no_scm": True}})


def _check_settings(repo: Repo, plan: list["Stage"]) -> None:
    """Refuse a params.yaml that lacks what stages depend on: DVC would only say so once it comes to the stage."""
    named = {
        (dependency.fs_path, key): stage.addressing
        for stage in plan
        for dependency in stage.deps
        if isinstance(dependency, ParamsDependency)
        for key in dependency.params
    }
    for path in {path for path, _ in named}:
        asked = [key for file, key in named if file == path]
        there = read_param_file(repo.fs, path, asked, flatten=True) if Path(path).exists() else {}
        for key in asked:
            if key not in there:
                raise UserError(
                    f"{Path(path).name}: {key} is missing, which {named[path, key]} depends on (dvc.yaml); write it"
                )


def _collected(repo: Repo, target: str) -> list["Stage"]:
    """The stages that a target names, or the one whose output it is."""
    try:
        return list(repo.stage.collect(target))
    except DvcException as error:
        names = [stage.addressing for stage in repo.index.stages]
        hint = did_you_mean(target, [*names, *(name.partition("@")[0] for name in names)])
        raise UserError(f"{' '.join(str(error).split())}{hint}") from None


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
            why = "they need what failed" if not unread or makes_data(stage) else "your own data cannot be read"
            left_out.setdefault(why, []).append(stage.addressing)
    for why, names in left_out.items():
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        print(f"left out, for {why}: {', '.join(names[:_MOST_NAMED])}{more}", file=sys.stderr)
    for stage, reason in failed.items():
        if reason is not None:
            print(f"{stage.addressing}: {reason}", file=sys.stderr)


def _preview(plan: list["Stage"], needs: dict["Stage", set["Stage"]], times: Times, jobs: int) -> None:
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
    if changed:
        print(
            _estimate([stage for stage in plan if stage in {*changed, *following}], needs, times, jobs), file=sys.stderr
        )


def _estimate(stages: list["Stage"], needs: dict["Stage", set["Stage"]], times: Times, jobs: int) -> str:
    """How long they will take, as far as earlier runs say."""
    found = {stage.addressing: times.of(stage.addressing) for stage in stages}
    known = {name: seconds for name, seconds in found.items() if seconds is not None}
    if not known:
        return "how long that takes is not known: no such stage has run here yet"
    upstream = {stage.addressing: [need.addressing for need in needs[stage]] for stage in stages}
    unknown = len(found) - len(known)
    rest = f"; without {unknown} of these stages, of whose kind none has run here" if unknown else ""
    together = in_words(makespan(known, upstream, jobs))
    return f"about {together} with --jobs {jobs}, by the times of earlier runs here{rest}"
