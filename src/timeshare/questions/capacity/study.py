"""How much training data does each model need, and how far does it overfit with less? (Q2)

The first rows of the training table, in the shares that the settings name; validation and test stay the same, and the
vocabulary is fitted on the rows that are there.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from timeshare.evaluate.metrics import all_metrics
from timeshare.questions.capacity.settings import LearningCurveSettings
from timeshare.questions.fits import baselines_of, fit_model, made_data, predictions_of
from timeshare.questions.records import Record, over_seeds, write_summary, write_table

METRICS = ("train_accuracy", "accuracy", "overfit")


def run(settings: LearningCurveSettings, folder: Path) -> None:
    """Write accuracy.csv (one row a model, fraction and seed) and summary.json."""
    records: list[Record] = []
    baselines: dict[str, dict[str, float]] = {}
    for fraction in settings.fractions:
        fitted, untrained = _fits(fraction, settings)
        records += fitted
        rows = f"{fitted[0]['train_rows']:,} rows"
        baselines |= {f"{rows}: {name}": metrics for name, metrics in untrained.items()}
    write_table(folder / "accuracy.csv", records)
    variants = over_seeds(records, ("model", "fraction", "train_rows"), METRICS)
    write_summary(folder, "learning_curve", settings.seeds, variants, {"baselines": baselines})


def _fits(fraction: float, settings: LearningCurveSettings) -> tuple[list[Record], dict[str, dict[str, float]]]:
    """A record for each model and seed on a share of the rows, and what its baselines get."""
    records: list[Record] = []
    with TemporaryDirectory() as scratch:
        data = made_data("learning_curve", settings.data, Path(scratch), train_share=fraction)
        for name, model in settings.models.items():
            for seed in settings.seeds:
                label = f"learning_curve: {fraction:g} of the rows, {name}, seed {seed}"
                predictions = predictions_of(fit_model(label, model, data, settings.data, seed), data)
                metrics = all_metrics(predictions)
                records.append(
                    {
                        "model": name,
                        "fraction": fraction,
                        "train_rows": data.meta["splits"]["train"]["rows"],
                        "seed": seed,
                        **{metric: metrics[metric] for metric in METRICS},
                    }
                )
    return records, baselines_of(predictions, METRICS)
