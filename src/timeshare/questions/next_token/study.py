"""What does predicting the next token beside the class do?

The shared LSTM on sentences, with the loss of the next token added at several weights, 0 among them.
"""

from pathlib import Path

from timeshare.models.settings import RecurrentSettings
from timeshare.questions.fits import Variant, measure
from timeshare.questions.next_token.settings import NextTokenSettings
from timeshare.questions.records import long_form, over_seeds, write_summary, write_table

METRICS = ("accuracy", "overfit", "order_invariance", "order_sensitivity", "order_score", "length_score")


def run(settings: NextTokenSettings, folder: Path) -> None:
    """Write metrics.csv (one row a weight, seed and metric) and summary.json."""
    model = RecurrentSettings(encoder="lstm", embedding_size=settings.embedding_size, hidden_size=settings.hidden_size)
    variants = [Variant({"weight": weight}, model, {"next_token_weight": weight}) for weight in settings.weights]
    records, baselines = measure("next_token", settings.data, lambda data: variants, settings.seeds, METRICS)
    write_table(folder / "metrics.csv", list(long_form(records, ("weight", "seed"), METRICS)))
    summary = over_seeds(records, ("weight",), METRICS)
    write_summary(folder, "next_token", settings.seeds, summary, {"baselines": baselines})
