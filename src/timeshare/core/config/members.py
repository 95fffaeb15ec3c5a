"""Looking up a member of the run, and the files that its settings name."""

import sys
from pathlib import Path

from timeshare.core.config.datasets import AnyDataset
from timeshare.core.config.errors import UserError
from timeshare.core.config.params import Params
from timeshare.models.settings import AnyModel


def dataset_settings(params: Params, name: str) -> AnyDataset:
    """The catalogue's entry for a dataset; UserError where it has none."""
    if name not in params.datasets:
        raise UserError(f"dataset {name!r} is not in params.yaml, whose datasets are {', '.join(params.datasets)}")
    return params.datasets[name]


def model_settings(params: Params, name: str) -> AnyModel:
    """The catalogue's entry for a model; UserError where it has none."""
    if name not in params.models:
        raise UserError(f"model {name!r} is not in params.yaml, whose models are {', '.join(params.models)}")
    return params.models[name]


def note_if_unwatched(path: str, folder: str, stage: str) -> None:
    """Say on stderr that a file, which settings name, lies outside the folder in which DVC sees changes for a stage."""
    if Path(path).exists() and not Path(path).resolve().is_relative_to(Path(folder).resolve()):
        remedy = f"move it there, or run `dvc repro --single-item --force {stage}` when it changes"
        print(f"{path}: DVC watches {folder} and does not see this file change; {remedy}", file=sys.stderr)
