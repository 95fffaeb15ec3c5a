"""Where data comes from: each source reads itself into the raw tables."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from timeshare.core.config.datasets import AnyDataset
from timeshare.data.sources import files, formal, hutto_gilbert, sentences
from timeshare.data.sources.raw import RawData, write_raw

__all__ = ["RawData", "read", "write_raw"]

_READERS: Mapping[str, Callable[[str, Any, Path], RawData]] = {
    "sentences": sentences.read,
    "formal": formal.read,
    "hutto_gilbert": hutto_gilbert.read,
    "files": files.read,
}


def read(name: str, settings: AnyDataset, *, downloads: Path) -> RawData:
    """Read a dataset from its source.

    Args:
        name: the dataset's name in the catalogue.
        settings: its entry there.
        downloads: the folder that the download stage filled for it.
    Raises:
        UserError: the source cannot be read, or the settings ask for what it does not have.
    """
    return _READERS[settings.source](name, settings, downloads)
