"""Files of a user's rows, and what reading them gives."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from timeshare.core.config.errors import UserError
from timeshare.sources.files import FilesSettings
from timeshare.sources.files.read import read
from timeshare.sources.raw import RawData

Rows = Iterable[tuple[Any, Any]]


def write(path: Path, rows: Rows) -> str:
    """A JSONL file of texts and labels; its path."""
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def good(count: int, start: int = 0) -> list[tuple[str, str]]:
    return [(f"word{index} and more", "pos" if index % 3 else "neg") for index in range(start, start + count)]


def settings(train: str, **changes: Any) -> FilesSettings:
    return FilesSettings.model_validate({"source": "files", "train": train, **changes})


def ingest(train: str, **changes: Any) -> RawData:
    return read("mine", settings(train, **changes))


def complaint(train: str, **changes: Any) -> str:
    with pytest.raises(UserError) as caught:
        ingest(train, **changes)
    return str(caught.value)
