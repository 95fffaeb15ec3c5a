"""prepare@dataset: turn raw tables into the memory-mapped matrices of data/prepared/DATASET."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_directory
from timeshare.prepare.prepare import prepare

if TYPE_CHECKING:
    from timeshare.params import Params


def main(params: "Params", dataset: str) -> None:
    """Write data/prepared/DATASET."""
    settings = params.prepare_for(dataset)
    with whole_directory(Path("data/prepared") / dataset) as folder:
        prepare(Path("data/raw") / dataset, folder, settings)
