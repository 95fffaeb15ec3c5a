"""Environments with some of this one's packages: what a user has who has installed nothing else."""

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement


def installed(requirements: Sequence[str], folder: Path) -> Path:
    """What pip would install for these requirements, linked from this environment into a folder."""
    folder.mkdir()
    waiting = [Requirement(line) for line in requirements]
    seen = set()
    while waiting:
        wanted = waiting.pop()
        for extra in ("", *wanted.extras):
            if (wanted.name, extra) in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
                continue
            seen.add((wanted.name, extra))
            found = importlib.metadata.distribution(wanted.name)
            further = [Requirement(line) for line in found.requires or ()]
            waiting += [one for one in further if one.marker is None or one.marker.evaluate({"extra": extra})]
            for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
                if not (folder / top).exists():
                    (folder / top).symlink_to(found.locate_file(top))
    return folder
