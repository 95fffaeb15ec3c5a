"""The plain cell h_t = tanh(W_hh h_{t-1} + W_xh x_t) against the LSTM with its gates.

Both with shared weights and the same hidden size, and again a plain cell with as many parameters as the LSTM has.
"""

from functools import partial
from pathlib import Path

from timeshare.core.prepared.store import PreparedData
from timeshare.models.parameters import match_hidden_size
from timeshare.questions.fits import Variant, blueprint_for, measure_each
from timeshare.questions.gates.settings import CellsSettings
from timeshare.questions.records import write_metrics

METRICS = ("accuracy", "overfit", "order_score", "length_score", "parameters")


def run(settings: CellsSettings, folder: Path) -> None:
    """Write metrics.csv (one row a dataset, cell, seed and metric) and summary.json."""
    records, baselines = measure_each("cells", settings.datasets, partial(variants, settings), settings.seeds, METRICS)
    write_metrics(folder, "cells", settings.seeds, records, ("dataset", "cell"), METRICS, {"baselines": baselines})


def variants(settings: CellsSettings, dataset: str, data: PreparedData) -> list[Variant]:
    """The cells compared on a dataset."""
    lstm, rnn = (settings.net(encoder=cell) for cell in ("lstm", "rnn"))
    size = match_hidden_size(
        rnn,
        blueprint_for(lstm, data).parameters,
        vocabulary_size=data.meta["vocabulary_size"],
        num_classes=len(data.meta["classes"]),
        extent=data.meta["longest_train"],
    )
    models = {"lstm": lstm, "rnn": rnn, "rnn_matched": rnn.model_copy(update={"hidden_size": size})}
    return [Variant({"dataset": dataset, "cell": cell}, model) for cell, model in models.items()]
