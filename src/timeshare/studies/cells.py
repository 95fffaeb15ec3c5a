"""The plain cell h_t = tanh(W_hh h_{t-1} + W_xh x_t) against the LSTM with its gates. (Q12)

Both with shared weights and the same hidden size, and again a plain cell with as many parameters as the LSTM has.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from timeshare.config.models import RecurrentSettings
from timeshare.config.studies import CellsSettings
from timeshare.data.store import PreparedData
from timeshare.evaluate.metrics import all_metrics
from timeshare.nn.parameters import match_hidden_size
from timeshare.studies.fits import blueprint_for, fit_model, made_data, predictions_of
from timeshare.studies.results import Record, long_form, over_seeds, write_summary, write_table

METRICS = ("accuracy", "overfit", "order_score", "length_score", "parameters")


def run(settings: CellsSettings, folder: Path) -> None:
    """Write metrics.csv (one row a dataset, cell, seed and metric) and summary.json."""
    records = [record for name in settings.datasets for record in _fits(name, settings)]
    write_table(folder / "metrics.csv", list(long_form(records, ("dataset", "cell", "seed"), METRICS)))
    write_summary(folder, "cells", settings.seeds, over_seeds(records, ("dataset", "cell"), METRICS), {})


def models(settings: CellsSettings, data: PreparedData) -> dict[str, RecurrentSettings]:
    """The cells compared."""
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
    return {"lstm": lstm, "rnn": rnn, "rnn_matched": rnn.model_copy(update={"hidden_size": size})}


def _fits(name: str, settings: CellsSettings) -> Iterator[Record]:
    with TemporaryDirectory() as scratch:
        data = made_data("cells", settings.datasets[name], Path(scratch))
        for cell, model in models(settings, data).items():
            for seed in settings.seeds:
                fitted = fit_model(f"cells: {name}, {cell}, seed {seed}", model, data, settings.datasets[name], seed)
                metrics = all_metrics(predictions_of(fitted, data))
                parameters = blueprint_for(model, data).parameters
                yield {"dataset": name, "cell": cell, "seed": seed, **metrics, "parameters": parameters}
