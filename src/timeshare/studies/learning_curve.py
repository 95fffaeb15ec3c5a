"""How much training data does each model need, and how far does it overfit with less? (Q2)

The first rows of the training table, in the shares that the settings name; validation and test stay the same, and the
vocabulary is fitted on the rows that are there.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from timeshare.config.studies import LearningCurveSettings
from timeshare.evaluate.metrics import all_metrics
from timeshare.studies.fits import fit_model, made_data, predictions_of
from timeshare.studies.results import Record, over_seeds, write_summary, write_table

METRICS = ("train_accuracy", "accuracy", "overfit")


def run(settings: LearningCurveSettings, folder: Path) -> None:
    """Write accuracy.csv (one row a model, fraction and seed) and summary.json."""
    records = [record for fraction in settings.fractions for record in _fits(fraction, settings)]
    write_table(folder / "accuracy.csv", records)
    variants = over_seeds(records, ("model", "fraction", "train_rows"), METRICS)
    write_summary(folder, "learning_curve", settings.seeds, variants, {})


def _fits(fraction: float, settings: LearningCurveSettings) -> Iterator[Record]:
    with TemporaryDirectory() as scratch:
        data = made_data("learning_curve", settings.data, Path(scratch), train_share=fraction)
        for name, model in settings.models.items():
            for seed in settings.seeds:
                label = f"learning_curve: {fraction:g} of the rows, {name}, seed {seed}"
                metrics = all_metrics(predictions_of(fit_model(label, model, data, settings.data, seed), data))
                yield {
                    "model": name,
                    "fraction": fraction,
                    "train_rows": data.meta["splits"]["train"]["rows"],
                    "seed": seed,
                    **{metric: metrics[metric] for metric in METRICS},
                }
