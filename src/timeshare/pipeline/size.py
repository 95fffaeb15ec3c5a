"""size@dataset: settle for each model what depends on the data, its extent and, where it matches another, its size."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from timeshare.core.artifacts import whole_directory, write_json
from timeshare.core.config.members import dataset_settings, model_settings
from timeshare.core.prepared.layout import read_meta
from timeshare.nn.parameters import match_hidden_size, parameter_count
from timeshare.nn.saved import Blueprint

if TYPE_CHECKING:
    from timeshare.core.config import Params


def main(params: "Params", dataset: str) -> None:
    """Write data/sizes/DATASET/MODEL.json for each model of the run."""
    dataset_settings(params, dataset)
    meta = read_meta(Path("data/prepared") / dataset / "meta.json")
    with whole_directory(Path("data/sizes") / dataset) as folder:
        for model in params.run.models:
            blueprint = Blueprint(
                settings=model_settings(params, model),
                vocabulary=meta["vocabulary"],
                vocabulary_size=meta["vocabulary_size"],
                classes=tuple(meta["classes"]),
                extent=meta["longest_train"],
                padding=meta["side"],
                parameters=0,
            )
            write_json(folder / f"{model}.json", _settled(params, blueprint).as_json())


def _settled(params: "Params", blueprint: Blueprint) -> Blueprint:
    """The blueprint with its hidden size matched, where it has another model to match, and its parameters counted."""
    settings = blueprint.settings
    sizes: _Sizes = {
        "vocabulary_size": blueprint.vocabulary_size,
        "num_classes": len(blueprint.classes),
        "extent": blueprint.extent,
    }
    if settings.match_parameters is not None:
        target = parameter_count(params.models[settings.match_parameters], **sizes)
        hidden_size = match_hidden_size(settings, target, **sizes)
        settings = settings.model_copy(update={"hidden_size": hidden_size})
    return replace(blueprint, settings=settings, parameters=parameter_count(settings, **sizes))


class _Sizes(TypedDict):
    vocabulary_size: int
    num_classes: int
    extent: int
