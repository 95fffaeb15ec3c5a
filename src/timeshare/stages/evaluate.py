"""evaluate@dataset-model-seed: ask a trained model every question, and write results/DATASET/MODEL/SEED."""

from pathlib import Path

import torch

from timeshare.core.artifacts import read_json, whole_directory, write_json
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.asking import ask_all
from timeshare.evaluate.behaviour import observe
from timeshare.evaluate.text_classifier import load_text_classifier
from timeshare.params import load_params
from timeshare.tracking.members import member_run
from timeshare.tracking.tracker import Tracker


def main(dataset: str, model: str, seed: int) -> None:
    """Write predictions.parquet, metrics.json, and the tables and documents that docs/evaluation.md lists."""
    params = load_params()
    source = params.dataset(dataset).source
    params.model(model)
    torch.set_num_threads(params.evaluate.threads)
    prepared = PreparedData.open(Path("data/prepared") / dataset, ("train", "test", "probes"))
    trained = Path("models") / dataset / model / str(seed)
    classifier = load_text_classifier(trained, prepared.folder)
    predictions = ask_all(classifier.classifier, prepared, params.evaluate)
    suite = params.evaluate.suites.get(dataset)
    behaviour = observe(
        classifier,
        prepared,
        predictions,
        source=source,
        suite=None if suite is None else Path("data/suites") / f"{suite}.jsonl",
    )
    of_training = read_json(trained / "metrics.json")
    metrics = {**behaviour.metrics, **{name: of_training[name] for name in ("parameters", "padding_waste")}}
    results = Path("results") / dataset / model / str(seed)
    with whole_directory(results) as folder:
        predictions.write(folder / "predictions.parquet")
        behaviour.write(folder)
        write_json(folder / "metrics.json", metrics)
    run, _ = member_run(Path(), "evaluate", dataset, model, seed)
    with Tracker.open(Path(), params.tracking, run) as tracker:
        tracker.metrics(metrics)
        tracker.artifact(results / "lengths.csv")
