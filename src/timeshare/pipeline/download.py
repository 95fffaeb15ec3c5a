"""download@dataset: fetch what a dataset's source keeps elsewhere, checked by hash, into data/downloads/DATASET."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_directory, write_json
from timeshare.sources.table import source_of

if TYPE_CHECKING:
    from timeshare.params import Params


def main(params: "Params", dataset: str) -> None:
    """Fill data/downloads/DATASET; a source that needs no download gets a folder that says so."""
    settings = params.dataset(dataset)
    download = source_of(settings).download
    with whole_directory(Path("data/downloads") / dataset) as folder:
        if download is not None:
            download(folder)
        else:
            write_json(folder / "nothing.json", {"source": settings.source, "files": []})
