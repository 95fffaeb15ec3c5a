"""What does predicting the next token beside the class do?

The shared LSTM on sentences, with the loss of the next token added at several weights, 0 among them.
"""

from pathlib import Path

from timeshare.questions.fits import Variant, measure
from timeshare.questions.next_token.settings import NextTokenSettings
from timeshare.questions.records import write_metrics

METRICS = ("accuracy", "overfit", "order_invariance", "order_sensitivity", "order_score", "length_score")


def run(settings: NextTokenSettings, folder: Path) -> None:
    """Write metrics.csv (one row a weight, seed and metric) and summary.json."""
    net = settings.net()
    variants = [Variant({"weight": weight}, net, {"next_token_weight": weight}) for weight in settings.weights]
    records, baselines = measure("next_token", settings.data, lambda data: variants, settings.seeds, METRICS)
    write_metrics(folder, "next_token", settings.seeds, records, ("weight",), METRICS, {"baselines": baselines})
