"""ingest@dataset: read a source into the raw tables of data/raw/DATASET."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_directory
from timeshare.core.config.datasets import FilesSettings
from timeshare.core.config.members import dataset_settings, note_if_unwatched
from timeshare.data import sources

if TYPE_CHECKING:
    from timeshare.core.config import Params


def main(params: "Params", dataset: str) -> None:
    """Write data/raw/DATASET, or nothing where a row is bad."""
    settings = dataset_settings(params, dataset)
    if isinstance(settings, FilesSettings):
        for path in filter(None, (settings.train, settings.valid, settings.test)):
            note_if_unwatched(path, "data/files", f"ingest@{dataset}")
    raw = sources.read(dataset, settings, downloads=Path("data/downloads") / dataset)
    with whole_directory(Path("data/raw") / dataset) as folder:
        sources.write_raw(raw, folder)
