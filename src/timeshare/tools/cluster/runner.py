"""Stages on the workers of a cluster."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dvc.exceptions import DvcException
from dvc.repo import Repo

from timeshare.core.artifacts import digest
from timeshare.core.config.errors import UserError
from timeshare.tools.cluster.engine import Engine, connected
from timeshare.tools.cluster.exchange import Exchange
from timeshare.tools.running.board import Board
from timeshare.tools.running.schedule import Runner
from timeshare.tools.running.times import Times
from timeshare.tracking.settings import TrackingSettings

if TYPE_CHECKING:
    from dvc.stage import Stage

# What needs this machine's network, the user's own files, or all results; of seconds.
ON_HEAD = ("download", "ingest", "study_code", "report", "playground")
# More than any cluster takes at once: the rest waits at the scheduler, where one that grows by need sees it.
SLOTS = 256


class ClusterRunner:
    """Runs commands on workers, but for those of a few stages, which another runner gets.

    Args:
        engine: connected.
        exchange: of the project.
        stages: all of the pipeline, by name.
        local: runs what is not for workers.
        times: where it keeps how long the others took.
    """

    def __init__(self, engine: Engine, exchange: Exchange, stages: Sequence[str], local: Runner, times: Times) -> None:
        self.slots = SLOTS
        self._engine, self._exchange, self._local, self._times = engine, exchange, local, times
        engine.forget_all_but(stages)

    def width(self) -> int:
        """As many as the workers offer to run."""
        return self._engine.offers()

    def run(self, stage: "Stage") -> None:
        """Run a stage's command on a worker, and lay its outputs out here.

        Raises:
            DvcException: the command has failed, or the remote has been away for too long.
        """
        if stage.addressing.partition("@")[0] in ON_HEAD:
            self._local.run(stage)
            return
        try:
            body, files = self._exchange.give(stage)
            key = digest({"cmd": stage.cmd, "reads": body["reads"]})
            module = "timeshare.tools.cluster.stage"
            name = stage.addressing
            result = self._engine.perform(name, key, module, body, files, self._exchange.environment)
            self._times.record(name, result["seconds"])
            self._exchange.take(stage, result["entry"][name])
            self._exchange.take_files(result)
        except UserError as error:
            raise DvcException(str(error)) from None

    def stopped(self) -> None:
        """Say that the workers go on."""
        self._engine.stopped()


@contextmanager
def cluster_engine(
    address: str, repo: Repo, stages: Sequence["Stage"], tracking: TrackingSettings, board: Board
) -> Iterator[tuple[Engine, Exchange]]:
    """A scheduler's workers, with the project's code.

    Raises:
        UserError: nothing answers there, the code cannot be sent, or the project has no remote for its data.
    """
    _check_remote(repo)
    # What stages write into git's own files is no edit.
    written = ["dvc.lock", *(out.def_path for stage in stages for out in stage.outs if not out.use_cache)]
    with connected(address, Path(repo.root_dir), written, board) as engine:
        yield engine, Exchange(repo, stages, tracking, board)


def _check_remote(repo: Repo) -> None:
    name = repo.config["core"].get("remote")
    if not name:
        raise UserError(
            "--cluster: workers exchange data by way of a DVC remote, and the project has none; "
            "`dvc remote add --default NAME URL` names one (docs/scaling.md)"
        )
    sent = repo.config.load_config_to_level("local")
    if sent.get("core", {}).get("remote") != name or name not in sent.get("remote", {}):
        raise UserError(
            f"--cluster: the DVC remote {name} is named in .dvc/config.local, which stays here; "
            f"`dvc remote add --default {name} URL` names it in .dvc/config, which workers are sent"
        )


@contextmanager
def cluster_runner(
    address: str,
    repo: Repo,
    stages: Sequence["Stage"],
    tracking: TrackingSettings,
    local: Runner,
    times: Times,
    board: Board,
) -> Iterator[Runner]:
    """A runner on them; raises what `cluster_engine` does."""
    with cluster_engine(address, repo, stages, tracking, board) as (engine, exchange):
        yield ClusterRunner(engine, exchange, [stage.addressing for stage in stages], local, times)
