"""Between weights for each step and one set: what the studies of the pull and of unsharing say, in two questions."""

from collections.abc import Mapping
from dataclasses import dataclass

from timeshare.report.records import Study, Variant
from timeshare.report.results import Results
from timeshare.report.roles import study_differences
from timeshare.report.statistics import Comparison
from timeshare.report.wording import count

Differences = list[tuple[str, Comparison]]


@dataclass(frozen=True)
class Dial:
    """One dataset of the study of the pull.

    Attributes:
        dataset: its name.
        shared: the shared net.
        pulled: the nets with weights for each step by their pull, in ascending order.
        best: that with the highest validation accuracy; among equals the one that shares most.
    """

    dataset: str
    shared: Variant
    pulled: Mapping[float, Variant]
    best: float

    @property
    def free(self) -> Variant:
        """The net that shares least."""
        return next(iter(self.pulled.values()))

    @property
    def named(self) -> str:
        """The dataset, and the best pull on it: `parity with a pull of 100`."""
        return f"{self.dataset} with a pull of {count(self.best)}"


def dials(results: Results, study: Study) -> list[Dial]:
    """Each dataset of the study of the pull."""
    found = []
    for dataset in dict.fromkeys(str(one.keys["dataset"]) for one in study.variants):
        nets = [one for one in study.variants if one.keys["dataset"] == dataset]
        pulled = {float(one.keys["pull"]): one for one in nets if one.keys["pull"] is not None}
        shared = next(one for one in nets if one.keys["pull"] is None)

        def rank(item: tuple[float, Variant]) -> tuple[float, float]:
            values = item[1].metrics["valid_accuracy"].values()
            return sum(values), item[0]

        best, _ = max(pulled.items(), key=rank)
        found.append(Dial(dataset, shared, dict(sorted(pulled.items())), best))
    return found


def at_the_best_pull(results: Results, study: Study, metric: str = "accuracy") -> Differences:
    """(dataset, and its best pull; that net minus the shared one)"""
    pairs = [(one.named, one.pulled[one.best], one.shared) for one in dials(results, study)]
    return study_differences(results, study, pairs, metric)


def freed(results: Results, study: Study, metric: str = "accuracy") -> Differences:
    """(dataset, the freed net minus the shared one that was trained on as long)"""
    nets = {(str(one.keys["dataset"]), one.keys["net"]): one for one in study.variants}
    datasets = dict.fromkeys(dataset for dataset, _ in nets)
    pairs = [(dataset, nets[dataset, "freed"], nets[dataset, "shared"]) for dataset in datasets]
    return study_differences(results, study, pairs, metric)


def left_out(study: Study) -> list[str]:
    """A sentence on the datasets that were not there, if any."""
    names = study.facts.get("left_out", [])
    return [f"Left out for want of a download: {', '.join(names)}; name it in `run.datasets`."] if names else []
