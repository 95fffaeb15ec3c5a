"""download@dataset: fetch what a dataset's source keeps elsewhere into data/downloads/DATASET."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from timeshare.core.artifacts import digest, read_json, whole_directory, write_json
from timeshare.core.config.errors import UserError
from timeshare.core.md5 import file_md5s
from timeshare.sources.table import source_of

if TYPE_CHECKING:
    from timeshare.params import Params

# In each folder: what was asked for, and what came.
RECORD = "download.json"


def main(params: "Params", dataset: str) -> None:
    """Fill data/downloads/DATASET, or leave it as it is if it holds what the settings ask for, undamaged.

    A source that needs no download gets a folder with the record alone.
    """
    settings = params.dataset(dataset)
    source = source_of(settings)
    # A digest: what is asked for may name folders of this machine.
    wanted = {"source": settings.source, "wanted": digest(source.wanted(settings))}
    target = Path("data/downloads") / dataset
    if _holds(target, wanted):
        return
    with whole_directory(target) as folder:
        if source.download is not None:
            source.download(settings, folder)
        write_json(folder / RECORD, {**wanted, "files": file_md5s(folder, RECORD)})


def _holds(folder: Path, wanted: dict[str, Any]) -> bool:
    try:
        return bool(read_json(folder / RECORD) == {**wanted, "files": file_md5s(folder, RECORD)})
    except UserError:
        return False
