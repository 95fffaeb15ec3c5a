"""What does predicting the next token beside the class do? (Q15)

The shared LSTM on sentences, with the loss of the next token added at several weights, 0 among them.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from timeshare.core.config.studies import NextTokenSettings
from timeshare.evaluate.metrics import all_metrics
from timeshare.models.settings import RecurrentSettings
from timeshare.studies.fits import baselines_of, fit_model, made_data, predictions_of
from timeshare.studies.results import Record, long_form, over_seeds, write_summary, write_table

METRICS = ("accuracy", "overfit", "order_invariance", "order_sensitivity", "order_score", "length_score")


def run(settings: NextTokenSettings, folder: Path) -> None:
    """Write metrics.csv (one row a weight, seed and metric) and summary.json."""
    model = RecurrentSettings(encoder="lstm", embedding_size=settings.embedding_size, hidden_size=settings.hidden_size)
    with TemporaryDirectory() as scratch:
        data = made_data("next_token", settings.data, Path(scratch))
        predictions = {
            (weight, seed): predictions_of(
                fit_model(
                    f"next_token: weight {weight}, seed {seed}",
                    model,
                    data,
                    settings.data,
                    seed,
                    next_token_weight=weight,
                ),
                data,
            )
            for weight in settings.weights
            for seed in settings.seeds
        }
    records: list[Record] = [
        {"weight": weight, "seed": seed, **all_metrics(found)} for (weight, seed), found in predictions.items()
    ]
    write_table(folder / "metrics.csv", list(long_form(records, ("weight", "seed"), METRICS)))
    facts = {"baselines": baselines_of(next(iter(predictions.values())), METRICS)}
    write_summary(folder, "next_token", settings.seeds, over_seeds(records, ("weight",), METRICS), facts)
