"""ingest@dataset: read a source into the raw tables of data/raw/DATASET."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_directory
from timeshare.pipeline.unwatched import note_unwatched
from timeshare.sources.ingest import ingest

if TYPE_CHECKING:
    from timeshare.params import Params


def main(params: "Params", dataset: str) -> None:
    """Write data/raw/DATASET, or nothing where a row is bad."""
    settings = params.dataset(dataset)
    note_unwatched("ingest", {"dataset": dataset}, [Path(file) for file in settings.named_files()])
    with whole_directory(Path("data/raw") / dataset) as folder:
        ingest(dataset, settings, folder, downloads=Path("data/downloads") / dataset)
