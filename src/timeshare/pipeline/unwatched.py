"""Files that settings name and DVC does not watch."""

import sys
from collections.abc import Sequence
from pathlib import Path

from timeshare.pipeline.identity.reads import Item, Workspace, stage_name


def note_unwatched(stage: str, item: Item, files: Sequence[Path]) -> None:
    """Say on stderr of which files, that a stage reads because settings name them, DVC sees no change."""
    for file in Workspace(Path()).unwatched(stage, item, files):
        print(
            f"{file}: DVC does not see this file change; put it, or a link to it, into a folder that dvc.yaml names "
            "(data/files, data/vectors), or add it to the deps of each stage that reads it, or run "
            f"`dvc repro --single-item --force {stage_name(stage, item)}` when it changes",
            file=sys.stderr,
        )
