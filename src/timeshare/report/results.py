"""The results of a run, with the statistics over its seeds."""

from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from timeshare.core.artifacts import read_json
from timeshare.core.seeding import numpy_generator
from timeshare.report.expected_best import expected_best
from timeshare.report.files import Row, read_rows
from timeshare.report.records import Dataset, Run, Study, Variant
from timeshare.report.statistics import Comparison, Estimate, Summary, compare, summarise, summarise_rows
from timeshare.report.trials import Tuning

if TYPE_CHECKING:
    from timeshare.params import Params


class Results:
    """All runs of params.run, with the statistics over their seeds.

    Args:
        params: the run's settings.
        datasets: by name, in the order of params.run.datasets.
        runs: by (dataset, model, seed).
        studies: by kind, in the order of params.run.studies.
        root: the project's folder.
        tunings: by (dataset, model), where tuned.
    """

    def __init__(
        self,
        params: "Params",
        datasets: Mapping[str, Dataset],
        runs: Mapping[tuple[str, str, int], Run],
        studies: Mapping[str, Study],
        root: Path = Path(),
        tunings: Mapping[tuple[str, str], Tuning] | None = None,
    ) -> None:
        self.params = params
        self.datasets = datasets
        self.studies = studies
        self.root = root
        self._runs = runs
        self._tunings = tunings or {}
        self._bests: dict[tuple[str, str], list[Estimate]] = {}
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

    @property
    def own_datasets(self) -> tuple[str, ...]:
        """Those of the datasets whose texts are the user's own."""
        return self.params.own_datasets

    def without_built_in_studies(self) -> "Results":
        """The same without the studies of this package's data, where the run has data of the user's own."""
        if not self.own_datasets:
            return self
        own = {self.params.studies[name].study for name in self.params.run.studies if self.params.reads_own_data(name)}
        found = copy(self)
        found.studies = {kind: study for kind, study in self.studies.items() if kind in own}
        return found

    def run(self, dataset: str, model: str, seed: int) -> Run:
        """One member's results."""
        return self._runs[dataset, model, seed]

    def runs(self, dataset: str, model: str) -> list[Run]:
        """A model's results on a dataset, one a seed."""
        return [self._runs[dataset, model, seed] for seed in self.seeds]

    def tuning(self, dataset: str, model: str) -> Tuning | None:
        """The search for a model's settings of training; None where they were not tuned."""
        return self._tunings.get((dataset, model))

    def expected_best(self, dataset: str, model: str) -> list[Estimate]:
        """The validation accuracy that the best of k trials is expected to reach, k = 1..N; empty where not tuned."""
        key = (dataset, model)
        if key not in self._bests:
            settings, generator = self.params.report, numpy_generator(0, "trials", *key)
            values = self._tunings[key].accuracies if key in self._tunings else []
            self._bests[key] = expected_best(values, settings.confidence, settings.resamples, generator)
        return self._bests[key]

    def read_table(self, dataset: str, model: str, seed: int, name: str) -> list[Row]:
        """The rows of a further table of a member; none where evaluation had nothing to write."""
        path = self.folder(dataset, model, seed) / name
        return read_rows(path) if path.exists() else []

    def read_document(self, dataset: str, model: str, seed: int, name: str) -> Any:
        """The content of a JSON file of a member; None where evaluation had nothing to write."""
        path = self.folder(dataset, model, seed) / name
        return read_json(path) if path.exists() else None

    def folder(self, dataset: str, model: str, seed: int) -> Path:
        """Where evaluation left a member's files."""
        return self.root / "results" / dataset / model / str(seed)

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
            self._summaries[key] = self.summarise(self.values(*key), *key)
        return self._summaries[key]

    def summarise(self, values: Mapping[int, float], *names: str) -> Summary | None:
        """Summarise values by seed; `names` tell this use of chance from the others. None without values."""
        if not values:
            return None
        settings = self.params.report
        generator = numpy_generator(0, "interval", *names)
        return summarise(list(values.values()), settings.confidence, settings.resamples, generator)

    def summarise_rows(self, rows: npt.NDArray[np.float64], *names: str) -> list[Summary]:
        """Summarise float [rows, seeds], all with the same resamples."""
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
        other_metric = other_metric or metric
        if (second, other_metric) < (first, metric):
            # Bounds of the turned difference are not the turned bounds to the last digit: one order for both.
            turned = self.compare(dataset, second, first, other_metric, metric)
            return turned and turned.turned()
        key = (dataset, first, second, metric, other_metric)
        if key not in self._comparisons:
            one, other = self.values(dataset, first, key[3]), self.values(dataset, second, key[4])
            self._comparisons[key] = self.compare_values(one, other, *key)
        return self._comparisons[key]

    def compare_values(self, first: Mapping[int, float], second: Mapping[int, float], *names: str) -> Comparison | None:
        """Compare two models' values by seed; `names` tell this use of chance from the others."""
        seeds = sorted(first.keys() & second.keys())
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

    def study_summary(self, study: Study, variant: Variant, metric: str) -> Summary | None:
        """A study's metric over its seeds; None where the variant lacks it."""
        key = [str(value) for value in variant.keys.values()]
        return self.summarise(variant.metrics.get(metric, {}), "study", study.kind, *key, metric)

    def study_difference(self, study: Study, first: Variant, second: Variant, metric: str) -> Comparison | None:
        """One variant of a study minus another over its seeds; None where either lacks the metric."""
        one, other = (variant.metrics.get(metric, {}) for variant in (first, second))
        keys = [str(value) for variant in (first, second) for value in variant.keys.values()]
        return self.compare_values(one, other, "study", study.kind, metric, *keys)

    def length_metric(self, dataset: str, model: str) -> str | None:
        """The metric that scores a model beyond the training lengths: of several rules, the one that serves it best."""
        names = [name for name in self.metrics(dataset) if name.partition("/")[0] == "length_score"]
        scores = {name: summary.mean for name in names if (summary := self.summary(dataset, model, name))}
        return max(scores, key=lambda name: scores[name]) if scores else None
