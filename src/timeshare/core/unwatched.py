"""Files that settings name and DVC does not watch."""

import sys
from pathlib import Path


def note_if_unwatched(path: str, folder: str, stage: str) -> None:
    """Say on stderr that a file, which settings name, lies outside the folder in which DVC sees changes for a stage."""
    if Path(path).exists() and not Path(path).resolve().is_relative_to(Path(folder).resolve()):
        remedy = f"move it there, or run `dvc repro --single-item --force {stage}` when it changes"
        print(f"{path}: DVC watches {folder} and does not see this file change; {remedy}", file=sys.stderr)
