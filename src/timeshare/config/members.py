"""Looking up a member of the run, with an error that lists what there is."""

from timeshare.config.datasets import AnyDataset
from timeshare.config.errors import UserError
from timeshare.config.models import AnyModel
from timeshare.config.params import Params


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
