"""The whole of params.yaml: the sections of every room, and what must hold between them."""

from collections.abc import Iterable, Mapping
from typing import Self, TypeVar

from pydantic import Field, model_validator

from timeshare.core.config.base import Count, Distinct, Name, Settings
from timeshare.core.config.errors import UserError
from timeshare.core.config.overrides import merged
from timeshare.core.config.spelling import did_you_mean
from timeshare.evaluate.settings import EvaluateSettings
from timeshare.models.settings import AnyModel, options_without_effect
from timeshare.prepare.settings import PrepareSettings
from timeshare.questions.table import AnyStudy
from timeshare.report.playground.settings import misfit
from timeshare.report.settings import ReportSettings
from timeshare.sources.source import DatasetSettings
from timeshare.sources.table import is_own
from timeshare.tracking.settings import TrackingSettings
from timeshare.train.overrides import AnyDataset, AnyModelEntry
from timeshare.train.settings import TrainerSettings, TrainSettings
from timeshare.tuning.settings import TuningSettings

Entry = TypeVar("Entry")


class RunSettings(Settings):
    """What is run: datasets, models and studies by their names in the catalogues, and seeds."""

    datasets: Distinct[Name] = Field(min_length=1, description="datasets to run, by their names in the catalogue")
    models: Distinct[Name] = Field(
        min_length=1,
        description="models to run, by their names in the catalogue; each is trained on each of the datasets",
    )
    seeds: Distinct[Count] = Field(
        min_length=1, description="seeds of weights, batches and dropout; each model is trained once with each seed"
    )
    studies: Distinct[Name] = Field(default=(), description="studies to run, by their names in the catalogue")


class Params(Settings):
    """The whole of params.yaml."""

    run: RunSettings = Field(description="what is run, by the names in the catalogues")
    datasets: dict[Name, AnyDataset] = Field(description="the catalogue of datasets, by name")
    models: dict[Name, AnyModelEntry] = Field(description="the catalogue of models, by name")
    prepare: PrepareSettings = Field(description="how text becomes matrices of token ids")
    training: TrainSettings = Field(description="how a classifier is fitted")
    trainer: TrainerSettings = Field(description="on which machines and devices it is fitted")
    tuning: TuningSettings = Field(description="how settings of training are searched for")
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
    def _the_page_holds_the_models(self) -> Self:
        where, chosen = "report.playground", self.report.playground
        if chosen is None:
            return self
        _check_names(f"{where}.dataset", filter(None, [chosen.dataset]), self.datasets, "datasets")
        _check_names(f"{where}.models", chosen.models or (), self.models, "models")
        for name in chosen.models or ():
            reason = misfit(self.model(name))
            if reason:
                raise ValueError(f"{where}.models: names {name}, {reason}; leave it out")
        return self

    @model_validator(mode="after")
    def _every_option_has_an_effect(self) -> Self:
        catalogues = {"models": {name: self.model(name) for name in self.models}}
        for name, study in self.studies.items():
            catalogues[f"studies.{name}.models"] = getattr(study, "models", {})
        for catalogue, models in catalogues.items():
            for name, model in models.items():
                for option, what in options_without_effect(model).items():
                    raise ValueError(f"{catalogue}.{name}.{option}: {what}")
        return self

    def dataset(self, name: str) -> AnyDataset:
        """The catalogue's entry for a dataset.

        Raises:
            UserError: there is none.
        """
        return _entry(self.datasets, name, "dataset")

    def model(self, name: str) -> AnyModel:
        """A model of the catalogue, without what it overrides of the section `training`.

        Raises:
            UserError: there is none.
        """
        return _entry(self.models, name, "model").model()

    def study(self, name: str) -> AnyStudy:
        """The catalogue's entry for a study.

        Raises:
            UserError: there is none.
        """
        return _entry(self.studies, name, "study")

    @property
    def own_datasets(self) -> tuple[str, ...]:
        """The run's datasets whose texts are the user's own."""
        return tuple(name for name in self.run.datasets if is_own(self.dataset(name)))

    def reads_own_data(self, study: str) -> bool:
        """Whether a study reads any of the user's own data; what else it reads, this package makes."""
        values = (value for _, value in self.study(study))
        items = [item for value in values for item in (value.values() if isinstance(value, dict) else [value])]
        return any(isinstance(item, DatasetSettings) and is_own(item) for item in items)

    def prepare_for(self, dataset: str) -> PrepareSettings:
        """The common `prepare` section with what the dataset overrides."""
        return merged(self.prepare, self.dataset(dataset).prepare)

    def training_for(self, dataset: str, model: str) -> TrainSettings:
        """The common `training` section with what the dataset overrides, and over that what the model overrides."""
        of_dataset = merged(self.training, self.dataset(dataset).training)
        return merged(of_dataset, _entry(self.models, model, "model").training)


def _entry(catalogue: Mapping[str, Entry], name: str, kind: str) -> Entry:
    if name not in catalogue:
        kinds = "studies" if kind == "study" else f"{kind}s"
        hint = did_you_mean(name, catalogue)
        raise UserError(f"{kind} {name!r} is not in params.yaml, whose {kinds} are {', '.join(catalogue)}{hint}")
    return catalogue[name]


def _check_names(where: str, names: Iterable[str], catalogue: Mapping[str, object], kind: str) -> None:
    """Refuse names that a catalogue lacks; `where` is the key that names them."""
    missing = [name for name in names if name not in catalogue]
    if missing:
        known = f", or name one of {', '.join(sorted(catalogue))}" if catalogue else ""
        raise ValueError(
            f"{where}: names {', '.join(missing)}, which the catalogue of {kind} lacks; add it there{known}"
            + did_you_mean(missing[0], catalogue)
        )
