"""A dial between weights for each step and one set: nets whose steps are pulled together, more and more.

All start with equal steps. The shared net is trained beside them.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from timeshare.core.prepared.store import PreparedData
from timeshare.models.settings import RecurrentSettings
from timeshare.questions.fits import Variant, at_hand, downloads_of, measure
from timeshare.questions.pull.settings import PullSettings
from timeshare.questions.records import Record, long_form, over_seeds, write_summary, write_table

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
    shared = RecurrentSettings(encoder="lstm", embedding_size=settings.embedding_size, hidden_size=settings.hidden_size)
    free = shared.model_copy(update={"sharing": "unshared", "start": "equal"})
    records: list[Record] = []
    baselines: dict[str, dict[str, float]] = {}
    datasets, left_out = at_hand(settings.datasets)
    for name, dataset in datasets.items():
        variants = [Variant({"dataset": name, "pull": pull}, free, {"pull": pull}) for pull in settings.pulls]
        variants.append(Variant({"dataset": name, "pull": None}, shared))
        found, untrained = measure(
            "pull", dataset, partial(_same, variants), settings.seeds, METRICS, downloads=downloads_of(name)
        )
        records += found
        baselines |= {f"{name}: {baseline}": metrics for baseline, metrics in untrained.items()}
    write_table(folder / "metrics.csv", list(long_form(records, ("dataset", "pull", "seed"), METRICS)))
    facts = {"baselines": baselines, "left_out": left_out}
    write_summary(folder, "pull", settings.seeds, over_seeds(records, ("dataset", "pull"), METRICS), facts)


def _same(variants: Sequence[Variant], data: PreparedData) -> Sequence[Variant]:
    return variants
