"""The project's working tree, packed for machines that share no folder with this one: a commit, and what lies over it.

A pack holds the objects of one commit and of the tree that is there, without any history. Where it is laid out, git
knows the same commit, and sees the same changes to it.
"""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from timeshare.core.config.errors import UserError

_MOST_BYTES = 64 * 2**20
_LAID_OUT = ".git/timeshare-tree"


@dataclass(frozen=True)
class Code:
    """A working tree.

    Attributes:
        commit: full hash of HEAD.
        tree: hash of what is there, which is the commit's own tree where nothing is changed.
        changed: files that differ from the commit; those that git ignores are no part of it.
        pack: the objects of both, as git packs them.
    """

    commit: str
    tree: str
    changed: tuple[str, ...]
    pack: bytes


def pack_code(root: Path) -> Code:
    """Pack a project's working tree.

    Raises:
        UserError: it is in no git repository, has no commit, is in a folder of another's, or is too large to be sent.
    """
    try:
        commit = _git(root, "rev-parse", "--verify", "HEAD").decode().strip()
        top = Path(_git(root, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
        git_folder = Path(root, _git(root, "rev-parse", "--git-common-dir").decode().rstrip("\n"))
    except (OSError, subprocess.CalledProcessError):
        raise UserError(
            f"{root}: is in no git repository with a commit, which workers are sent; `git init`, and commit the project"
        ) from None
    if top.resolve() != root.resolve():
        raise UserError(
            f"{root}: is a folder of the git repository {top}; a cluster needs the project as one of its own"
        )
    with tempfile.TemporaryDirectory(prefix="timeshare-") as scratch:
        # Neither the index nor the objects of the project are touched: what is not committed is in the scratch alone.
        (Path(scratch) / "objects").mkdir()
        environment = {
            "GIT_INDEX_FILE": str(Path(scratch) / "index"),
            "GIT_OBJECT_DIRECTORY": str(Path(scratch) / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((git_folder / "objects").resolve()),
        }
        _git(root, "read-tree", "HEAD", environment=environment)
        _git(root, "add", "--all", environment=environment)
        tree = _git(root, "write-tree", environment=environment).decode().strip()
        changed = _git(root, "diff-index", "--cached", "--name-only", "-z", "HEAD", environment=environment).decode()
        listed = _git(root, "rev-list", "--objects", "--no-walk", commit, tree, environment=environment)
        names = b"".join(line.partition(b" ")[0] + b"\n" for line in listed.splitlines())
        pack = _git(root, "pack-objects", "--stdout", "-q", environment=environment, given=names)
    if len(pack) > _MOST_BYTES:
        raise UserError(
            f"{root}: what git does not ignore there has {len(pack) / 2**20:.0f} MiB, which are too many to be sent to "
            "each worker; put large files under DVC (`dvc add FILE`), or let git ignore them"
        )
    return Code(commit, tree, tuple(filter(None, changed.split("\0"))), pack)


def lay_out(code: Code, folder: Path) -> None:
    """Make a folder's files those of a working tree; what git ignores there stays.

    Args:
        code: the working tree.
        folder: empty, or one that another tree was laid out in.
    """
    mark = folder / _LAID_OUT
    if mark.exists() and mark.read_text() == f"{code.commit} {code.tree}":
        _git(folder, "read-tree", "--reset", "-u", code.tree)  # What a stage has changed is set back.
        return
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "--quiet")
    _git(folder, "index-pack", "--stdin", given=code.pack)
    (folder / ".git/shallow").write_text(f"{code.commit}\n")
    _git(folder, "update-ref", "--no-deref", "HEAD", code.commit)
    _git(folder, "read-tree", "--reset", "-u", code.tree)
    mark.write_text(f"{code.commit} {code.tree}")


def _git(folder: Path, *arguments: str, environment: dict[str, str] | None = None, given: bytes = b"") -> bytes:
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input=given,
        capture_output=True,
        check=True,
    ).stdout
