"""params.yaml, read and checked as a whole: a mistake anywhere in it stops every stage."""

import json
import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from timeshare.config.base import Name, Settings
from timeshare.config.datasets import AnyDataset
from timeshare.config.errors import UserError
from timeshare.config.models import AnyModel
from timeshare.config.settings import (
    EvaluateSettings,
    PrepareSettings,
    ReportSettings,
    RunSettings,
    TrackingSettings,
    TrainerSettings,
    TrainSettings,
)
from timeshare.config.studies import AnyStudy

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
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the command in the project's folder") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: is no valid YAML: {' '.join(str(error).split())}") from None
    try:
        # Through JSON: strict mode then takes a YAML list for a tuple and a whole number for a float, nothing else.
        return Params.model_validate_json(json.dumps(_without_nan(content, str(path))))
    except TypeError as error:
        raise UserError(f"{path}: holds a value that is neither number, text, list nor mapping: {error}") from None
    except ValidationError as error:
        raise UserError(f"{path}: {_first_error(error)}") from None


def _without_nan(value: Any, where: str) -> Any:
    """The value itself, once it is known to hold no NaN or infinity, which JSON has no form for."""
    if isinstance(value, dict):
        return {key: _without_nan(item, f"{where}: {key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item, where) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where}: is {value}; give a finite number")
    return value


def _first_error(error: ValidationError) -> str:
    """One line: the path of the first wrong key, what is wrong, and how many more there are."""
    details = error.errors(include_url=False)
    first = details[0]
    # Union tags ("lstm", "sentences") stand in pydantic's location, but not in the file.
    location = ".".join(str(part) for part in first["loc"] if part not in _UNION_TAGS)
    message = first["msg"].removeprefix("Value error, ")
    hint = {"extra_forbidden": "unknown key; remove it or correct its spelling", "missing": "this key is missing"}
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    given = "" if first["type"] in ("missing", "extra_forbidden", "value_error") else f", not {first['input']!r:.60}"
    return f"{location}{': ' if location else ''}{hint.get(first['type'], message + given)}{more}"


_UNION_TAGS = frozenset(
    ("lstm", "rnn", "bag_of_words", "feed_forward", "convolution", "sentences", "formal", "hutto_gilbert", "files")
)
