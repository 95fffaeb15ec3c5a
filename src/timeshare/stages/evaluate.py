"""evaluate@dataset-model-seed: ask a trained model every question, and write results/DATASET/MODEL/SEED."""

from pathlib import Path

from timeshare.artifacts import whole_directory, write_json
from timeshare.config import load_params
from timeshare.config.members import dataset_settings, model_settings
from timeshare.data.store import PreparedData
from timeshare.evaluate.length import lengths_table, write_lengths
from timeshare.evaluate.metrics import all_metrics
from timeshare.evaluate.predictions import predict_all
from timeshare.nn.saved import load_classifier


def main(dataset: str, model: str, seed: int) -> None:
    """Write predictions.parquet, metrics.json and lengths.csv."""
    params = load_params()
    dataset_settings(params, dataset)
    model_settings(params, model)
    prepared = PreparedData.open(Path("data/prepared") / dataset)
    blueprint, classifier = load_classifier(Path("models") / dataset / model / str(seed))
    predictions = predict_all(classifier, prepared, params.evaluate)
    metrics = {
        **all_metrics(predictions),
        "parameters": blueprint.parameters,
        "padding_waste": prepared.meta["splits"]["train"]["waste"],
    }
    with whole_directory(Path("results") / dataset / model / str(seed)) as folder:
        predictions.write(folder / "predictions.parquet")
        write_lengths(folder / "lengths.csv", lengths_table(predictions))
        write_json(folder / "metrics.json", metrics)
