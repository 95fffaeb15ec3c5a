"""download@dataset: fetch what a dataset's source keeps elsewhere, checked by hash, into data/downloads/DATASET."""

from pathlib import Path

from timeshare.core.artifacts import whole_directory, write_json
from timeshare.params import load_params
from timeshare.sources.table import source_of


def main(dataset: str) -> None:
    """Fill data/downloads/DATASET; a source that needs no download gets a folder that says so."""
    settings = load_params().dataset(dataset)
    download = source_of(settings).download
    with whole_directory(Path("data/downloads") / dataset) as folder:
        if download is None:
            write_json(folder / "nothing.json", {"source": settings.source, "files": []})
        else:
            download(folder)
