"""ingest@dataset: read a source into the raw tables of data/raw/DATASET."""

from pathlib import Path

from timeshare.core.artifacts import whole_directory
from timeshare.core.unwatched import note_if_unwatched
from timeshare.params import load_params
from timeshare.sources.ingest import ingest


def main(dataset: str) -> None:
    """Write data/raw/DATASET, or nothing where a row is bad."""
    settings = load_params().dataset(dataset)
    for path in settings.named_files():
        note_if_unwatched(path, "data/files", f"ingest@{dataset}")
    with whole_directory(Path("data/raw") / dataset) as folder:
        ingest(dataset, settings, folder, downloads=Path("data/downloads") / dataset)
