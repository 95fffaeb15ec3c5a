"""evaluate@dataset-model-seed: ask a trained model every question, and write results/DATASET/MODEL/SEED."""

from pathlib import Path

import torch

from timeshare.core.artifacts import read_json, whole_directory, write_json
from timeshare.core.config import load_params
from timeshare.core.config.members import dataset_settings, model_settings
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.behaviour import observe
from timeshare.evaluate.predictions import predict_all
from timeshare.evaluate.predictor import Predictor
from timeshare.models.saved import load_classifier
from timeshare.tracking.members import member_run
from timeshare.tracking.tracker import Tracker


def main(dataset: str, model: str, seed: int) -> None:
    """Write predictions.parquet, metrics.json, and the tables and documents that docs/evaluation.md lists."""
    params = load_params()
    source = dataset_settings(params, dataset).source
    model_settings(params, model)
    torch.set_num_threads(params.evaluate.threads)
    prepared = PreparedData.open(Path("data/prepared") / dataset, ("train", "test", "probes"))
    trained = Path("models") / dataset / model / str(seed)
    blueprint, classifier = load_classifier(trained)
    blueprint.check_data(prepared.folder, prepared.vocabulary.digest, prepared.meta["classes"])
    predictions = predict_all(classifier, prepared, params.evaluate)
    suite = params.evaluate.suites.get(dataset)
    behaviour = observe(
        Predictor.of(blueprint, classifier, prepared.vocabulary, prepared.meta),
        prepared,
        predictions,
        source=source,
        suite=None if suite is None else Path("data/suites") / f"{suite}.jsonl",
    )
    metrics = {
        **behaviour.metrics,
        "parameters": blueprint.parameters,
        "padding_waste": read_json(trained / "metrics.json")["padding_waste"],
    }
    results = Path("results") / dataset / model / str(seed)
    with whole_directory(results) as folder:
        predictions.write(folder / "predictions.parquet")
        behaviour.write(folder)
        write_json(folder / "metrics.json", metrics)
    run, _ = member_run(Path(), "evaluate", dataset, model, seed)
    with Tracker.open(Path(), params.tracking, run) as tracker:
        tracker.metrics(metrics)
        tracker.artifact(results / "lengths.csv")
