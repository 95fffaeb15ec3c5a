"""The results of a run, read from files for the members that params.yaml names, never by listing folders."""

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from timeshare.artifacts import read_json
from timeshare.config import Params, UserError
from timeshare.report.statistics import Comparison, Summary, compare, summarise_rows
from timeshare.seeding import numpy_generator

CURVES = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
_LENGTH_COLUMNS: dict[str, Callable[[str], Any]] = {"rule": str, "length": int, "rows": int, "correct": int}


@dataclass(frozen=True)
class LengthCount:
    """How many texts of a length there were, and how many were labelled right, under a rule beyond the extent."""

    rule: str
    length: int
    rows: int
    correct: int


@dataclass(frozen=True)
class Run:
    """What one dataset x model x seed left: metrics, accuracy by length, learning curves, the model's description."""

    metrics: dict[str, float]
    lengths: tuple[LengthCount, ...]
    curves: tuple[dict[str, float], ...]
    model: dict[str, Any]
    fit: dict[str, float]


@dataclass(frozen=True)
class Dataset:
    """What is known of a dataset: its raw tables' schema and its prepared layout's meta."""

    schema: dict[str, Any]
    meta: dict[str, Any]

    @property
    def classes(self) -> list[str]:
        """Class names, in label order."""
        return list(self.meta["classes"])

    @property
    def longest_train(self) -> int:
        """Length in tokens of the longest training text."""
        return int(self.meta["longest_train"])


class Results:
    """All runs of params.run, with the statistics over their seeds.

    Args:
        params: the run's settings.
        datasets: by name, in the order of params.run.datasets.
        runs: by (dataset, model, seed).
    """

    def __init__(self, params: Params, datasets: dict[str, Dataset], runs: dict[tuple[str, str, int], Run]) -> None:
        self.params = params
        self.datasets = datasets
        self._runs = runs
        self._summaries: dict[tuple[str, str, str], Summary | None] = {}
        self._comparisons: dict[tuple[str, str, str, str, str], Comparison | None] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the run's models, in the order that fixes their colours."""
        return self.params.run.models

    @property
    def seeds(self) -> tuple[int, ...]:
        """The run's seeds."""
        return self.params.run.seeds

    @property
    def baseline(self) -> str | None:
        """The model that the others are compared with; None where the run lacks it."""
        name = self.params.report.baseline
        return name if name in self.models else None

    def run(self, dataset: str, model: str, seed: int) -> Run:
        """One member's results."""
        return self._runs[dataset, model, seed]

    def runs(self, dataset: str, model: str) -> list[Run]:
        """A model's results on a dataset, one a seed."""
        return [self._runs[dataset, model, seed] for seed in self.seeds]

    def metrics(self, dataset: str) -> list[str]:
        """Names of all metrics that any model has on a dataset, sorted."""
        return sorted({name for model in self.models for run in self.runs(dataset, model) for name in run.metrics})

    def values(self, dataset: str, model: str, metric: str) -> dict[int, float]:
        """A metric by seed, where measured."""
        runs = ((seed, self._runs[dataset, model, seed].metrics) for seed in self.seeds)
        return {seed: metrics[metric] for seed, metrics in runs if metric in metrics}

    def summary(self, dataset: str, model: str, metric: str) -> Summary | None:
        """A metric over seeds; None where not measured."""
        key = (dataset, model, metric)
        if key not in self._summaries:
            values = list(self.values(*key).values())
            self._summaries[key] = self.summarise(np.array([values]), *key)[0] if values else None
        return self._summaries[key]

    def summarise(self, rows: npt.NDArray[np.float64], *names: str) -> list[Summary]:
        """Summarise float [rows, seeds] with the run's confidence; `names` tell this use of chance from the others."""
        settings = self.params.report
        return summarise_rows(rows, settings.confidence, settings.resamples, numpy_generator(0, "interval", *names))

    def compare(
        self, dataset: str, first: str, second: str, metric: str, other_metric: str | None = None
    ) -> Comparison | None:
        """`first` minus `second` over their common seeds; None where there is none.

        Args:
            dataset: name.
            first: a model.
            second: another.
            metric: of the first, and of the second where `other_metric` is None.
            other_metric: of the second (the score of one rule beyond the extent against a model that needs none).
        """
        key = (dataset, first, second, metric, other_metric or metric)
        if key not in self._comparisons:
            one, other = self.values(dataset, first, key[3]), self.values(dataset, second, key[4])
            self._comparisons[key] = self.compare_values(one, other, *key)
        return self._comparisons[key]

    def compare_values(self, first: dict[int, float], second: dict[int, float], *names: str) -> Comparison | None:
        """Compare two models' values by seed; `names` tell this use of chance from the others."""
        seeds = [seed for seed in self.seeds if seed in first and seed in second]
        if not seeds:
            return None
        settings = self.params.report
        return compare(
            [first[seed] for seed in seeds],
            [second[seed] for seed in seeds],
            settings.confidence,
            settings.resamples,
            numpy_generator(0, "difference", *names),
        )

    def length_metric(self, dataset: str, model: str) -> str | None:
        """The metric that scores a model beyond the training lengths: of several rules, the one that serves it best."""
        names = [name for name in self.metrics(dataset) if name.partition("/")[0] == "length_score"]
        scores = {name: summary.mean for name in names if (summary := self.summary(dataset, model, name))}
        return max(scores, key=lambda name: scores[name]) if scores else None


def read_results(params: Params, root: Path) -> Results:
    """Read what the run's members left.

    Args:
        params: names the members.
        root: the project's folder.
    Raises:
        UserError: a file is missing, damaged, or lacks a column.
    """
    datasets = {
        name: Dataset(
            schema=read_json(root / "data/raw" / name / "schema.json"),
            meta=read_json(root / "data/prepared" / name / "meta.json"),
        )
        for name in params.run.datasets
    }
    runs = {
        (dataset, model, seed): _read_run(
            root / "results" / dataset / model / str(seed), root / "models" / dataset / model / str(seed)
        )
        for dataset in params.run.datasets
        for model in params.run.models
        for seed in params.run.seeds
    }
    return Results(params, datasets, runs)


def _read_run(results: Path, model: Path) -> Run:
    curves = {"epoch": int, **dict.fromkeys(CURVES, float)}
    return Run(
        metrics=_numbers(results / "metrics.json"),
        lengths=tuple(LengthCount(**row) for row in _read_csv(results / "lengths.csv", _LENGTH_COLUMNS)),
        curves=tuple(_read_csv(model / "curves.csv", curves)),
        model=read_json(model / "model.json"),
        fit=_numbers(model / "metrics.json"),
    )


def _numbers(path: Path) -> dict[str, float]:
    content = read_json(path)
    wrong = [name for name, value in content.items() if not isinstance(value, int | float) or not math.isfinite(value)]
    if wrong:
        raise UserError(f"{path}: {wrong[0]} is {content[wrong[0]]!r}, not a finite number; run `dvc repro`")
    return {name: float(value) for name, value in content.items()}


def _read_csv(path: Path, columns: Mapping[str, Callable[[str], Any]]) -> list[dict[str, Any]]:
    """The rows of a CSV file, each named column converted, the others left out."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [{name: convert(row[name]) for name, convert in columns.items()} for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
    except KeyError as error:
        raise UserError(f"{path}: lacks the column {error}; run `dvc repro`") from None
    except (TypeError, ValueError) as error:
        raise UserError(f"{path}: is damaged ({error}); remove it and run `dvc repro`") from None
