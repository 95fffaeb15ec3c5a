"""download@dataset: fetch what a dataset's source keeps elsewhere, checked by hash, into data/downloads/DATASET."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_directory, write_json
from timeshare.core.config.members import dataset_settings

if TYPE_CHECKING:
    from timeshare.core.config import Params


def main(params: "Params", dataset: str) -> None:
    """Fill data/downloads/DATASET; a source that needs no download gets a folder that says so."""
    settings = dataset_settings(params, dataset)
    with whole_directory(Path("data/downloads") / dataset) as folder:
        if settings.source == "hutto_gilbert":
            from timeshare.data.sources import hutto_gilbert

            hutto_gilbert.download(folder)
        else:
            write_json(folder / "nothing.json", {"source": settings.source, "files": []})
