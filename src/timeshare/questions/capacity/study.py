"""How much training data does each model need, and how far does it overfit with less?

The first rows of the training table, in the shares that the settings name; validation and test stay the same, and the
vocabulary is fitted on the rows that are there.
"""

from functools import partial
from pathlib import Path

from timeshare.core.prepared.store import PreparedData
from timeshare.questions.capacity.settings import LearningCurveSettings
from timeshare.questions.fits import Variant, measure
from timeshare.questions.records import Record, over_seeds, write_summary, write_table

METRICS = ("train_accuracy", "accuracy", "overfit")


def run(settings: LearningCurveSettings, folder: Path) -> None:
    """Write accuracy.csv (one row a model, fraction and seed) and summary.json."""
    records: list[Record] = []
    baselines: dict[str, dict[str, float]] = {}
    for fraction in settings.fractions:
        variants = partial(_variants, settings, fraction)
        found, untrained = measure(
            "learning_curve", settings.data, variants, settings.seeds, METRICS, train_share=fraction
        )
        records += found
        rows = f"{found[0]['train_rows']:,} rows"
        baselines |= {f"{rows}: {name}": metrics for name, metrics in untrained.items()}
    write_table(folder / "accuracy.csv", records)
    summary = over_seeds(records, ("model", "fraction", "train_rows"), METRICS)
    write_summary(folder, "learning_curve", settings.seeds, summary, {"baselines": baselines})


def _variants(settings: LearningCurveSettings, fraction: float, data: PreparedData) -> list[Variant]:
    rows = {"fraction": fraction, "train_rows": data.meta["splits"]["train"]["rows"]}
    return [Variant({"model": name, **rows}, model) for name, model in settings.models.items()]
