"""A dial between weights for each step and one set: nets whose steps are pulled together, more and more.

All start with equal steps. The shared net is trained beside them.
"""

from functools import partial
from pathlib import Path

from timeshare.core.prepared.store import PreparedData
from timeshare.questions.fits import Variant, at_hand, measure_each
from timeshare.questions.pull.settings import PullSettings
from timeshare.questions.records import write_metrics

METRICS = (
    "accuracy",
    "train_accuracy",
    "overfit",
    "order_score",
    "length_score",
    "weight_similarity",
    "valid_accuracy",
)


def run(settings: PullSettings, folder: Path) -> None:
    """Write metrics.csv (one row a dataset, pull, seed and metric) and summary.json; the shared net has no pull."""
    datasets, left_out = at_hand(settings.datasets)
    records, baselines = measure_each("pull", datasets, partial(variants, settings), settings.seeds, METRICS)
    facts = {"baselines": baselines, "left_out": left_out}
    write_metrics(folder, "pull", settings.seeds, records, ("dataset", "pull"), METRICS, facts)


def variants(settings: PullSettings, dataset: str, data: PreparedData) -> list[Variant]:
    """The nets compared on a dataset, the shared one last."""
    free = settings.net(sharing="unshared", start="equal")
    pulled = [Variant({"dataset": dataset, "pull": pull}, free, {"pull": pull}) for pull in settings.pulls]
    return [*pulled, Variant({"dataset": dataset, "pull": None}, settings.net())]
