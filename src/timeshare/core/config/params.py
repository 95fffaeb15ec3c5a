"""params.yaml, read and checked as a whole: a mistake anywhere in it stops every stage."""

import json
import math
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from timeshare.core.config.base import Name, Settings
from timeshare.core.config.datasets import AnyDataset
from timeshare.core.config.errors import UserError
from timeshare.core.config.mistakes import meaning_of, said
from timeshare.core.config.settings import (
    EvaluateSettings,
    PrepareSettings,
    ReportSettings,
    RunSettings,
    TrackingSettings,
    TrainerSettings,
    TrainSettings,
)
from timeshare.core.config.studies import AnyStudy, LearningCurveSettings
from timeshare.core.numerals import read_numbers_as_dvc
from timeshare.models.settings import AnyModel, options_without_effect

SomeSettings = TypeVar("SomeSettings", bound=Settings)


class Params(Settings):
    """The whole of params.yaml."""

    run: RunSettings = Field(description="what is run, by the names in the catalogues")
    datasets: dict[Name, AnyDataset] = Field(description="the catalogue of datasets, by name")
    models: dict[Name, AnyModel] = Field(description="the catalogue of models, by name")
    prepare: PrepareSettings = Field(description="how text becomes matrices of token ids")
    train: TrainSettings = Field(description="how a classifier is fitted")
    trainer: TrainerSettings = Field(description="on what machine it is fitted")
    tracking: TrackingSettings = Field(description="where runs are recorded")
    evaluate: EvaluateSettings = Field(description="what a trained classifier is asked")
    report: ReportSettings = Field(description="how results are summarised")
    studies: dict[Name, AnyStudy] = Field(default={}, description="the catalogue of studies, by name")

    @model_validator(mode="after")
    def _names_are_in_the_catalogues(self) -> Self:
        for field in ("datasets", "models", "studies"):
            _check_names(f"run.{field}", getattr(self.run, field), getattr(self, field), field)
        _check_names("evaluate.suites", self.evaluate.suites, self.datasets, "datasets")
        # The default is no mistake in a catalogue without it; nor is a baseline that this run leaves out.
        if "baseline" in self.report.model_fields_set:
            _check_names("report.baseline", [self.report.baseline], self.models, "models")
        for name, model in self.models.items():
            target = model.match_parameters
            if target is None:
                continue
            where = f"models.{name}.match_parameters"
            _check_names(where, [target], self.models, "models")
            if self.models[target].match_parameters is not None:
                raise ValueError(f"{where}: names {target}, which itself matches another model; name one that does not")
        return self

    @model_validator(mode="after")
    def _every_option_has_an_effect(self) -> Self:
        catalogues = {"models": self.models}
        for name, study in self.studies.items():
            if isinstance(study, LearningCurveSettings):
                catalogues[f"studies.{name}.models"] = study.models
        for catalogue, models in catalogues.items():
            for name, model in models.items():
                for option, what in options_without_effect(model).items():
                    raise ValueError(f"{catalogue}.{name}.{option}: {what}")
        return self

    def prepare_for(self, dataset: str) -> PrepareSettings:
        """The common `prepare` section with what the dataset overrides."""
        return merged(self.prepare, self.datasets[dataset].prepare)

    def train_for(self, dataset: str) -> TrainSettings:
        """The common `train` section with what the dataset overrides."""
        return merged(self.train, self.datasets[dataset].training)


def _check_names(where: str, names: Iterable[str], catalogue: Mapping[str, object], kind: str) -> None:
    """Refuse names that a catalogue lacks; `where` is the key that names them."""
    missing = [name for name in names if name not in catalogue]
    if missing:
        known = f", or name one of {', '.join(sorted(catalogue))}" if catalogue else ""
        raise ValueError(
            f"{where}: names {', '.join(missing)}, which the catalogue of {kind} lacks; add it there{known}"
        )


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
        content = _plain(loaded, path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the command in the project's folder") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}; give access to it") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no UTF-8 text; save it as UTF-8") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: is no valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise UserError(f"{path}: is nested too deeply, or holds itself by an alias; write it flat") from None
    if not isinstance(content, dict):
        what = "is empty" if content is None else f"is no mapping of keys to values: {content!r:.60}"
        raise UserError(f"{path}: {what}; write the sections that docs/params.md names")
    try:
        # Through JSON: strict mode then takes a YAML list for a tuple and a whole number for a float, nothing else.
        return Params.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise UserError(f"{path}: {_first_error(error, content)}") from None


def _plain(value: Any, path: Path, *keys: str) -> Any:
    """The value at these keys itself, once it is known to hold nothing that JSON has no form for."""
    where = f"{path}: {'.'.join(keys)}" if keys else str(path)
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise UserError(f"{where}: the key {key!r} is no text; put it in quotes")
            _plain(key, path, *keys)
        return {key: _plain(item, path, *keys, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, path, *keys, str(place)) for place, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where}: is {value}; give a finite number")
    if isinstance(value, str) and not value.isascii() and any(map(_is_surrogate, value)):
        raise UserError(f"{where}: holds half of a surrogate pair; write the character whole")
    if value is not None and not isinstance(value, bool | int | float | str):
        raise UserError(f"{where}: is neither number, text, list nor mapping: {value!r}; put it in quotes")
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
    message = said(found, meaning_of(Params.model_json_schema(), found[0]["loc"]))
    more = len({where for where in places if where != place[: len(where)]})
    return ".".join(place) + (": " if place else "") + message + (f" (and {more} more)" if more else "")


def _place(detail: ErrorDetails, content: Any) -> tuple[str, ...]:
    """The keys that lead to an error in the file; pydantic names the chosen type of a union among them."""
    keys = []
    for part in detail["loc"]:
        if part in (content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()):
            content = content[part]
            keys.append(str(part))
    if detail["type"] == "missing":
        keys.append(str(detail["loc"][-1]))
    if detail["type"] in ("union_tag_not_found", "union_tag_invalid"):
        keys.append(detail["ctx"]["discriminator"].strip("'"))
    return tuple(keys)
