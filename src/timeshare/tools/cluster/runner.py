"""Stages on the workers of a cluster: what each is sent, and what comes back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.exceptions import DvcException
from dvc.repo import Repo

from timeshare.core.artifacts import digest, whole_file
from timeshare.core.config.errors import UserError
from timeshare.tools.cluster.engine import Engine, connected
from timeshare.tools.cluster.remote import Objects
from timeshare.tools.cluster.stage import files_of
from timeshare.tools.running.board import Board
from timeshare.tools.running.schedule import Runner
from timeshare.tracking.delivery import ensure_sender, server_address
from timeshare.tracking.settings import TrackingSettings

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage

# What needs this machine's network, the user's own files, or all results; of seconds.
ON_HEAD = ("download", "ingest", "study_code", "report")
# More stages than any cluster takes at once: the rest waits at the scheduler, where one that grows by need sees it.
_SLOTS = 256


class ClusterRunner:
    """Runs commands on workers, but for those of a few stages, which another runner gets.

    Args:
        engine: connected.
        repo: the project, opened by DVC.
        stages: all of the pipeline.
        tracking: where runs are recorded.
        local: runs what is not for workers.
        board: that shows what runs.
    """

    def __init__(
        self,
        engine: Engine,
        repo: Repo,
        stages: Sequence["Stage"],
        tracking: TrackingSettings,
        local: Runner,
        board: Board,
    ) -> None:
        self.slots = _SLOTS
        self._engine, self._local = engine, local
        self._root = Path(repo.root_dir)
        self._outs: list[Output] = [out for stage in stages for out in stage.outs]
        self._objects = Objects(repo, board.say)
        address = server_address(tracking, self._root)
        # A database in a file of this machine is nothing that workers can reach: their events come back.
        self._by_server = tracking.enabled and not address.startswith("sqlite")
        self._environment = {"MLFLOW_TRACKING_URI": address}
        engine.forget_all_but([stage.addressing for stage in stages])

    def run(self, stage: "Stage") -> None:
        """Run a stage's command on a worker, and lay its outputs out here.

        Raises:
            DvcException: the command has failed, or the remote has been away for too long.
        """
        if stage.addressing.partition("@")[0] in ON_HEAD:
            self._local.run(stage)
            return
        try:
            self._run(stage)
        except UserError as error:
            raise DvcException(str(error)) from None

    def stopped(self) -> None:
        """Say that the workers go on."""
        self._engine.stopped()

    def _run(self, stage: "Stage") -> None:
        with stage.repo.lock:
            inputs, files = self._inputs(stage)
            reads = {dep.def_path: dep.hash_info.value for dep in stage.deps}
            key = digest({"cmd": stage.cmd, "reads": reads})
        self._objects.push(md5 for _, md5 in inputs)
        body = {"stage": stage.addressing, "inputs": inputs, "reads": reads, "tracking": self._by_server}
        module = "timeshare.tools.cluster.stage"
        result = self._engine.perform(stage.addressing, key, module, body, files, self._environment)
        if "failed" in result:
            raise UserError(f"on {result['worker']}: {result['failed']}")
        self._take(stage, result)

    def _inputs(self, stage: "Stage") -> tuple[list[tuple[str, str]], dict[str, bytes]]:
        """What a stage reads that the code has not with it, and what is there of outputs that it may keep.

        Returns:
            (path, md5) of what is in DVC's cache; and the bytes of what is not, by path.
        """
        found: dict[str, str] = {}
        files: dict[str, bytes] = {}

        def add_files(path: Path) -> None:
            files.update((name, (self._root / name).read_bytes()) for name in files_of(path.relative_to(self._root)))

        for dep in stage.deps:
            place = Path(dep.fs_path)
            for out in self._outs:
                whole = Path(out.fs_path)
                if place.is_relative_to(whole):  # An output, or something in one.
                    if out.use_cache:
                        found[dep.def_path] = dep.hash_info.value
                    else:
                        add_files(place)
                elif whole.is_relative_to(place) and out.use_cache and out.exists:  # A folder with outputs in it.
                    out.save()
                    out.commit()
                    found[out.def_path] = out.hash_info.value
        for out in stage.outs:
            if out.persist and out.exists:
                if out.use_cache:
                    out.save()
                    out.commit()
                    found[out.def_path] = out.hash_info.value
                else:
                    add_files(Path(out.fs_path))
        return sorted(found.items()), files

    def _take(self, stage: "Stage", result: dict[str, Any]) -> None:
        """Lay out what a worker has written."""
        entry = result["entry"][stage.addressing]
        outs = {out["path"]: out["md5"] for out in entry.get("outs", ())}
        cached = {out.def_path: outs[out.def_path] for out in stage.outs if out.use_cache}
        self._objects.fetch(cached.values())
        with stage.repo.lock:
            for path, md5 in cached.items():
                self._objects.lay_out(md5, Path(path))
        for name, content in result["files"].items():
            place = (self._root / name).resolve()
            if not place.is_relative_to(self._root.resolve()):
                raise UserError(f"{result['worker']}: has sent {name}, which is outside the project")
            with whole_file(place) as scratch:
                scratch.write_bytes(content)
        if any(name.startswith(".timeshare/spool/") for name in result["files"]):
            ensure_sender(self._root)


@contextmanager
def cluster_runner(
    address: str, repo: Repo, stages: Sequence["Stage"], tracking: TrackingSettings, local: Runner, board: Board
) -> Iterator[Runner]:
    """A runner on the workers of a scheduler.

    Raises:
        UserError: nothing answers there, the code cannot be sent, or the project has no remote for its data.
    """
    if not repo.config["core"].get("remote"):
        raise UserError(
            "--cluster: workers exchange data by way of a DVC remote, and the project has none; "
            "`dvc remote add --default NAME URL` names one (docs/scaling.md)"
        )
    with connected(address, Path(repo.root_dir), board) as engine:
        yield ClusterRunner(engine, repo, stages, tracking, local, board)
