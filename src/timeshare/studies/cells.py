"""The plain cell h_t = tanh(W_hh h_{t-1} + W_xh x_t) against the LSTM with its gates. (Q12)

Both with shared weights and the same hidden size, and again a plain cell with as many parameters as the LSTM has.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from timeshare.core.config.studies import CellsSettings
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.metrics import all_metrics
from timeshare.models.parameters import match_hidden_size
from timeshare.models.settings import RecurrentSettings
from timeshare.studies.fits import baselines_of, blueprint_for, fit_model, made_data, predictions_of
from timeshare.studies.results import Record, long_form, over_seeds, write_summary, write_table

METRICS = ("accuracy", "overfit", "order_score", "length_score", "parameters")


def run(settings: CellsSettings, folder: Path) -> None:
    """Write metrics.csv (one row a dataset, cell, seed and metric) and summary.json."""
    records: list[Record] = []
    baselines: dict[str, dict[str, float]] = {}
    for name in settings.datasets:
        of_dataset, untrained = _fits(name, settings)
        records += of_dataset
        baselines |= {f"{name}: {baseline}": metrics for baseline, metrics in untrained.items()}
    write_table(folder / "metrics.csv", list(long_form(records, ("dataset", "cell", "seed"), METRICS)))
    variants = over_seeds(records, ("dataset", "cell"), METRICS)
    write_summary(folder, "cells", settings.seeds, variants, {"baselines": baselines})


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


def _fits(name: str, settings: CellsSettings) -> tuple[list[Record], dict[str, dict[str, float]]]:
    """A record for each cell and seed on a dataset, and what its baselines get."""
    records: list[Record] = []
    with TemporaryDirectory() as scratch:
        data = made_data("cells", settings.datasets[name], Path(scratch))
        for cell, model in models(settings, data).items():
            parameters = blueprint_for(model, data).parameters
            for seed in settings.seeds:
                fitted = fit_model(f"cells: {name}, {cell}, seed {seed}", model, data, settings.datasets[name], seed)
                predictions = predictions_of(fitted, data)
                records.append(
                    {"dataset": name, "cell": cell, "seed": seed, **all_metrics(predictions), "parameters": parameters}
                )
    return records, baselines_of(predictions, METRICS)
