"""What goes to and fro between the project and the workers: data by the remote, small files by the engine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.repo import Repo

from timeshare.core.artifacts import whole_file
from timeshare.core.config.errors import UserError
from timeshare.tools.cluster.remote import Objects
from timeshare.tools.cluster.stage import files_of
from timeshare.tools.running.board import Board
from timeshare.tracking.address import VARIABLE, configured_address, kind
from timeshare.tracking.delivery import ensure_sender
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.workplace import Workplace

_SPOOL = ".timeshare/spool/"

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage


class Exchange:
    """The project's side of it.

    Attributes:
        by_server: whether workers send what they track to the server; else their events come back with the result.
        environment: variables that each command is given.

    Args:
        repo: the project, opened by DVC.
        stages: all of the pipeline.
        tracking: where runs are recorded.
        board: that shows what runs.
    """

    def __init__(self, repo: Repo, stages: Sequence["Stage"], tracking: TrackingSettings, board: Board) -> None:
        self._root = Path(repo.root_dir)
        self._repo = repo
        self._outs: list[Output] = [out for stage in stages for out in stage.outs]
        self._objects = Objects(repo, board.say)
        address = configured_address(tracking)
        # A database in a file of this machine is nothing that workers can reach.
        self.by_server = tracking.enabled and kind(address) != "sqlite"
        self.environment = {VARIABLE: address}

    def give(self, stage: "Stage") -> tuple[dict[str, Any], dict[str, bytes]]:
        """Bring to the remote what a stage reads, and what is there of outputs that it may keep.

        Returns:
            What a request says of it; and the bytes of what is in no cache, by path.
        """
        with self._repo.lock:
            stage.save_deps()
            inputs, files = self._inputs(stage)
            reads = {dep.def_path: dep.hash_info.value for dep in stage.deps}
        self._objects.push(md5 for _, md5 in inputs)
        return {"stage": stage.addressing, "inputs": inputs, "reads": reads, "tracking": self.by_server}, files

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

    def take(self, stage: "Stage", entry: Mapping[str, Any]) -> None:
        """Lay out what a worker has written, by its entry for dvc.lock."""
        outs = {out["path"]: out["md5"] for out in entry.get("outs", ())}
        cached = {out.def_path: outs[out.def_path] for out in stage.outs if out.use_cache}
        self._objects.fetch(cached.values())
        with self._repo.lock:
            for path, md5 in cached.items():
                self._objects.lay_out(md5, Path(path))

    def take_files(self, result: Mapping[str, Any]) -> None:
        """Write the small files that came back: outputs that are not for DVC's cache, notes, events for MLflow.

        Raises:
            UserError: one of them would be outside the project.
        """
        spool = Workplace(self._root).spool
        sessions: set[str] = set()
        for name, content in result["files"].items():
            place = (self._root / name).resolve()
            if not place.is_relative_to(self._root.resolve()):
                raise UserError(f"{result['worker']}: has sent {name}, which is outside the project")
            if name.startswith(_SPOOL):
                session, _, file = name.removeprefix(_SPOOL).partition("/")
                sessions.add(session)
                # Hidden from the sender, until all of it is there.
                place = spool / f".new-{session}" / file
            with whole_file(place) as scratch:
                scratch.write_bytes(content)
        for session in sessions:
            (spool / f".new-{session}").rename(spool / session)
        if sessions:
            ensure_sender(self._root)
