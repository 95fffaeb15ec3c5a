"""What DVC records in place, made safe against kills: dvc.lock, whole at any moment and quick to write.

DVC reads and writes all of it in place after each stage: with fifty stages that takes a second, and a kill in that time
leaves the beginning of the file. Here an entry is made as DVC makes it, the others stay as they are, and the file is
replaced in one step.
"""

import itertools
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.stage.serialize import to_lockfile
from dvc.utils.serialize import YAMLFileCorruptedError, dumps_yaml, parse_yaml
from voluptuous import Invalid

from timeshare.core.artifacts import whole_file
from timeshare.core.config.errors import UserError

if TYPE_CHECKING:
    from dvc.stage import Stage

_BEGINNING = "schema: '2.0'\nstages:\n"
# An entry goes to the next line that is indented as little.
_NAME = re.compile(r"^  \S.*:$", re.MULTILINE)


class LockFile:
    """The file that records what each stage has read and written; one process writes it at a time."""

    def __init__(self, path: Path) -> None:
        """Read it; an entry at its end that a kill has cut short is taken out.

        Args:
            path: of dvc.lock, which need not exist.
        Raises:
            UserError: it is damaged elsewhere, or holds a conflict.
        """
        self._path = path
        text = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
        remedy = "take it from git, or remove it: finished seeds stay, and the run cache knows the rest"
        if conflict := re.search("^<<<<<<< ", text, re.MULTILINE):
            line = text.count("\n", 0, conflict.start()) + 1
            raise UserError(f"{path}:{line}: holds a conflict of git's; {remedy}")
        names = _stages(text)
        if names is None:
            last = max((found.start() for found in _NAME.finditer(text)), default=len(_BEGINNING))
            text = text[:last]
            names = _stages(text)
            if names is None:
                raise UserError(f"{path}: is damaged; {remedy}")
            print(f"{path}: its last entry was cut short, and is left out", file=sys.stderr)
            if names:
                self._write(text)
        if not names:
            path.unlink(missing_ok=True)  # DVC refuses one without entries.
        begins = [found.start() for found in _NAME.finditer(text)]
        entries = [text[begin:end] for begin, end in itertools.pairwise([*begins, len(text)])]
        self._entries = dict(zip(names, entries, strict=True))

    def record(self, stage: "Stage") -> None:
        """Enter what a stage has read and written."""
        self.enter(to_lockfile(stage))
        stage.repo.scm_context.track_file(str(self._path))

    def enter(self, entries: dict[str, Any]) -> None:
        """Enter stages' entries, in the places of their old ones or at the end."""
        for name, entry in entries.items():
            self._entries[name] = dumps_yaml({"stages": {name: entry}}).partition("\n")[2]
        self._write(_BEGINNING + "".join(self._entries.values()))

    def _write(self, text: str) -> None:
        with whole_file(self._path) as scratch:
            scratch.write_text(text, encoding="utf-8")


def drop_damaged_claims(path: Path) -> None:
    """Remove DVC's note of which process reads and writes which path, where a kill has cut it short.

    DVC refuses to go on with such a note, but does without one.

    Args:
        path: of .dvc/tmp/rwlock, which need not exist.
    """
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except ValueError:
        path.unlink()


def _stages(text: str) -> list[str] | None:
    """The names of the stages; None where the text is not that of a whole dvc.lock."""
    if _BEGINNING.startswith(text):
        return []
    try:
        return list(COMPILED_LOCKFILE_SCHEMA(parse_yaml(text, "dvc.lock"))["stages"])
    except (YAMLFileCorruptedError, UnicodeEncodeError, Invalid, KeyError):
        return None
