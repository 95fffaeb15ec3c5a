"""ingest@dataset: read a source into the raw tables of data/raw/DATASET."""

from pathlib import Path

from timeshare.artifacts import whole_directory
from timeshare.config import load_params
from timeshare.config.members import dataset_settings
from timeshare.data import sources


def main(dataset: str) -> None:
    """Write data/raw/DATASET, or nothing where a row is bad."""
    settings = dataset_settings(load_params(), dataset)
    raw = sources.read(dataset, settings, downloads=Path("data/downloads") / dataset)
    with whole_directory(Path("data/raw") / dataset) as folder:
        sources.write_raw(raw, folder)
