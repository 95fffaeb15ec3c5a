"""prepare@dataset: turn raw tables into the memory-mapped matrices of data/prepared/DATASET."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_directory
from timeshare.core.config.members import dataset_settings
from timeshare.data.prepare import prepare

if TYPE_CHECKING:
    from timeshare.core.config import Params


def main(params: "Params", dataset: str) -> None:
    """Write data/prepared/DATASET."""
    dataset_settings(params, dataset)
    with whole_directory(Path("data/prepared") / dataset) as folder:
        prepare(Path("data/raw") / dataset, folder, params.prepare_for(dataset))
