"""The plain cell h_t = tanh(W_hh h_{t-1} + W_xh x_t) against the LSTM with its gates.

Both with shared weights and the same hidden size, and again a plain cell with as many parameters as the LSTM has.
"""

from functools import partial
from pathlib import Path

from timeshare.core.prepared.store import PreparedData
from timeshare.models.parameters import match_hidden_size
from timeshare.models.settings import RecurrentSettings
from timeshare.questions.fits import Variant, blueprint_for, measure
from timeshare.questions.gates.settings import CellsSettings
from timeshare.questions.records import Record, long_form, over_seeds, write_summary, write_table

METRICS = ("accuracy", "overfit", "order_score", "length_score", "parameters")


def run(settings: CellsSettings, folder: Path) -> None:
    """Write metrics.csv (one row a dataset, cell, seed and metric) and summary.json."""
    records: list[Record] = []
    baselines: dict[str, dict[str, float]] = {}
    for name, dataset in settings.datasets.items():
        found, untrained = measure("cells", dataset, partial(variants, settings, name), settings.seeds, METRICS)
        records += found
        baselines |= {f"{name}: {baseline}": metrics for baseline, metrics in untrained.items()}
    write_table(folder / "metrics.csv", list(long_form(records, ("dataset", "cell", "seed"), METRICS)))
    summary = over_seeds(records, ("dataset", "cell"), METRICS)
    write_summary(folder, "cells", settings.seeds, summary, {"baselines": baselines})


def variants(settings: CellsSettings, dataset: str, data: PreparedData) -> list[Variant]:
    """The cells compared on a dataset."""
    lstm, rnn = (
        RecurrentSettings(encoder=cell, embedding_size=settings.embedding_size, hidden_size=settings.hidden_size)
        for cell in ("lstm", "rnn")
    )
    size = match_hidden_size(
        rnn,
        blueprint_for(lstm, data).parameters,
        vocabulary_size=data.meta["vocabulary_size"],
        num_classes=len(data.meta["classes"]),
        extent=data.meta["longest_train"],
    )
    models = {"lstm": lstm, "rnn": rnn, "rnn_matched": rnn.model_copy(update={"hidden_size": size})}
    return [Variant({"dataset": dataset, "cell": cell}, model) for cell, model in models.items()]
