"""params.yaml, read and checked as a whole: a mistake anywhere in it stops every stage."""

import json
import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from timeshare.core.config.base import Name, Settings
from timeshare.core.config.datasets import AnyDataset
from timeshare.core.config.errors import UserError
from timeshare.core.config.models import AnyModel
from timeshare.core.config.settings import (
    EvaluateSettings,
    PrepareSettings,
    ReportSettings,
    RunSettings,
    TrackingSettings,
    TrainerSettings,
    TrainSettings,
)
from timeshare.core.config.studies import AnyStudy
from timeshare.core.numerals import read_numbers_as_dvc

SomeSettings = TypeVar("SomeSettings", bound=Settings)


class Params(Settings):
    """The whole of params.yaml."""

    run: RunSettings
    datasets: dict[Name, AnyDataset]
    models: dict[Name, AnyModel]
    prepare: PrepareSettings
    train: TrainSettings
    trainer: TrainerSettings
    tracking: TrackingSettings
    evaluate: EvaluateSettings
    report: ReportSettings
    studies: dict[Name, AnyStudy] = Field(default={})

    @model_validator(mode="after")
    def _names_are_in_the_catalogues(self) -> Self:
        for field in ("datasets", "models", "seeds", "studies"):
            members = getattr(self.run, field)
            doubled = sorted({str(member) for member in members if members.count(member) > 1})
            if doubled:
                raise ValueError(f"run.{field} names {', '.join(doubled)} more than once")
        for field in ("datasets", "models", "studies"):
            catalogue = getattr(self, field)
            missing = [name for name in getattr(self.run, field) if name not in catalogue]
            if missing:
                known = ", ".join(sorted(catalogue))
                raise ValueError(f"run.{field} names {', '.join(missing)}, which the catalogue lacks (it has {known})")
        unknown = [name for name in self.evaluate.suites if name not in self.datasets]
        if unknown:
            raise ValueError(f"evaluate.suites names {', '.join(unknown)}, which the catalogue of datasets lacks")
        for name, model in self.models.items():
            target = model.match_parameters
            if target is None:
                continue
            if target not in self.models:
                raise ValueError(f"models.{name}.match_parameters names {target}, which the catalogue lacks")
            if self.models[target].match_parameters is not None:
                raise ValueError(f"models.{name}.match_parameters names {target}, which itself matches another model")
        return self

    def prepare_for(self, dataset: str) -> PrepareSettings:
        """The common `prepare` section with what the dataset overrides."""
        return merged(self.prepare, self.datasets[dataset].prepare)

    def train_for(self, dataset: str) -> TrainSettings:
        """The common `train` section with what the dataset overrides."""
        return merged(self.train, self.datasets[dataset].training)


def merged(common: SomeSettings, overrides: Settings) -> SomeSettings:
    """The common settings with those that `overrides` states in their place."""
    return common.model_copy(update=overrides.model_dump(exclude_none=True))


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice, where the plain loader silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' is given twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


read_numbers_as_dvc(_UniqueKeyLoader)


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml.

    Args:
        path: the file.
    Returns:
        The checked settings.
    Raises:
        UserError: the file is missing, is no YAML, or holds an unknown, missing, ill-typed or impossible key; the
            message is one line that names the key's path.
    """
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
        content = _plain(loaded, str(path))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the command in the project's folder") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: is no valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise UserError(f"{path}: is nested too deeply, or holds itself by an alias; write it flat") from None
    try:
        # Through JSON: strict mode then takes a YAML list for a tuple and a whole number for a float, nothing else.
        return Params.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise UserError(f"{path}: {_first_error(error, content)}") from None


def _plain(value: Any, where: str) -> Any:
    """The value itself, once it is known to hold nothing that JSON has no form for."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise UserError(f"{where}: the key {key!r} is no text; put it in quotes")
        return {_plain(key, where): _plain(item, f"{where}: {key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, where) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where}: is {value}; give a finite number")
    if isinstance(value, str) and not value.isascii() and any(map(_is_surrogate, value)):
        raise UserError(f"{where}: holds half of a surrogate pair; write the character whole")
    if value is not None and not isinstance(value, bool | int | float | str):
        raise UserError(f"{where}: holds a value that is neither number, text, list nor mapping: {value!r}")
    return value


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _first_error(error: ValidationError, content: Any) -> str:
    """One line: the path of the first wrong key, what is wrong, and how many more there are."""
    details = error.errors(include_url=False)
    places = [_place(detail, content) for detail in details]
    # A value that none of several types fits has an error for each; the one furthest in is of the type that was meant.
    start = places[0]
    place = max((place for place in places if place[: len(start)] == start), key=len)
    found = [detail for detail, where in zip(details, places, strict=True) if where == place]
    message = _SAID.get(found[0]["type"], _SAID_BY_PYDANTIC).format(
        message=" or ".join(detail["msg"].removeprefix("Value error, ") for detail in found),
        given=f"{found[0]['input']!r:.60}",
        **found[0].get("ctx", {}),
    )
    more = len({where for where in places if where != place[: len(where)]})
    return ".".join(place) + (": " if place else "") + message + (f" (and {more} more)" if more else "")


_SAID_BY_PYDANTIC = "{message}, not {given}"
_SAID = {
    "missing": "this key is missing",
    "extra_forbidden": "unknown key; remove it or correct its spelling",
    "value_error": "{message}",
    "union_tag_not_found": "the key {discriminator} is missing",
    "union_tag_invalid": "{discriminator} is '{tag}', not one of {expected_tags}",
}


def _place(detail: ErrorDetails, content: Any) -> tuple[str, ...]:
    """The keys that lead to an error in the file; pydantic names the chosen type of a union among them."""
    keys = []
    for part in detail["loc"]:
        if part in (content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()):
            content = content[part]
            keys.append(str(part))
    if detail["type"] == "missing":
        keys.append(str(detail["loc"][-1]))
    return tuple(keys)
