"""prepare@dataset: turn raw tables into the memory-mapped matrices of data/prepared/DATASET."""

from pathlib import Path

from timeshare.core.artifacts import whole_directory
from timeshare.params import load_params
from timeshare.prepare.prepare import prepare


def main(dataset: str) -> None:
    """Write data/prepared/DATASET."""
    settings = load_params().prepare_for(dataset)
    with whole_directory(Path("data/prepared") / dataset) as folder:
        prepare(Path("data/raw") / dataset, folder, settings)
