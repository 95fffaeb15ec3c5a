"""evaluate@dataset-model-seed: ask a trained model every question, and write results/DATASET/MODEL/SEED."""

from pathlib import Path

import torch

from timeshare.artifacts import whole_directory, write_json
from timeshare.config import load_params
from timeshare.config.members import dataset_settings, model_settings
from timeshare.data.store import PreparedData
from timeshare.evaluate.behaviour import observe
from timeshare.evaluate.predictions import predict_all
from timeshare.evaluate.predictor import Predictor
from timeshare.nn.saved import load_classifier
from timeshare.train.tracking.members import member_run
from timeshare.train.tracking.tracker import Tracker


def main(dataset: str, model: str, seed: int) -> None:
    """Write predictions.parquet, metrics.json, and the tables and documents that docs/evaluation.md lists."""
    params = load_params()
    source = dataset_settings(params, dataset).source
    model_settings(params, model)
    torch.set_num_threads(params.evaluate.threads)
    prepared = PreparedData.open(Path("data/prepared") / dataset, ("train", "test", "probes"))
    blueprint, classifier = load_classifier(Path("models") / dataset / model / str(seed))
    predictions = predict_all(classifier, prepared, params.evaluate)
    suite = params.evaluate.suites.get(dataset)
    behaviour = observe(
        Predictor(blueprint.classes, classifier, prepared.vocabulary, prepared.meta["tokeniser"]),
        prepared,
        predictions,
        source=source,
        suite=None if suite is None else Path("data/suites") / f"{suite}.jsonl",
    )
    metrics = {
        **behaviour.metrics,
        "parameters": blueprint.parameters,
        "padding_waste": prepared.meta["splits"]["train"]["waste"],
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
