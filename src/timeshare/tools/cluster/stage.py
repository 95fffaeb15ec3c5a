"""One stage on a worker: its command is run by DVC, which says what it read and wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dvc.repo import Repo
from dvc.stage.serialize import to_lockfile

from timeshare.core.config.errors import UserError
from timeshare.tools.cluster.place import main
from timeshare.tools.cluster.remote import Objects


def run(repo: Repo, objects: Objects, body: Mapping[str, Any]) -> dict[str, Any]:
    """Run a stage whose inputs are laid out, and bring its outputs to the remote.

    Returns:
        entry: that of dvc.lock. files: the outputs that are not for DVC's cache.
    Raises:
        UserError: it would read something else than the head has.
    """
    (stage,) = repo.stage.collect(body["stage"])
    with repo.lock:
        stage.save_deps()
        for dep in stage.deps:
            if body["reads"].get(dep.def_path) != dep.hash_info.value:
                raise UserError(f"{dep.def_path}: is another here than at the head; install the same timeshare on both")
        stage.run(force=True)
    objects.push(out.hash_info.value for out in stage.outs if out.use_cache)
    uncached = (Path(out.fs_path).relative_to(repo.root_dir) for out in stage.outs if not out.use_cache)
    return {"entry": to_lockfile(stage), "files": [file for path in uncached for file in files_of(path)]}


def files_of(path: Path) -> list[str]:
    """A file, or all files of a folder."""
    found = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return [file.as_posix() for file in found]


if __name__ == "__main__":
    main(run)
