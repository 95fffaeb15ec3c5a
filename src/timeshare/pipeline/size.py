"""size@dataset: settle for each model what depends on the data, its extent and, where it matches another, its size."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_directory, write_json
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import read_meta
from timeshare.models.parameters import settle

if TYPE_CHECKING:
    from timeshare.params import Params


def main(params: "Params", dataset: str) -> None:
    """Write data/sizes/DATASET/MODEL.json for each model of the run."""
    params.dataset(dataset)
    meta = read_meta(Path("data/prepared") / dataset / "meta.json")
    with whole_directory(Path("data/sizes") / dataset) as folder:
        for model in params.run.models:
            settings = params.model(model)
            target = None if settings.match_parameters is None else params.model(settings.match_parameters)
            try:
                blueprint = settle(settings, meta, target)
            except ValueError as error:
                longest = f"the longest training text of {dataset} has {meta['longest_train']} tokens"
                raise UserError(f"models.{model}: cannot be built ({error}); {longest}") from None
            write_json(folder / f"{model}.json", blueprint.as_json())
