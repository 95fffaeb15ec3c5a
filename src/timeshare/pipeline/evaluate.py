"""evaluate@dataset-model: ask a model of each seed every question, and write results/DATASET/MODEL/SEED."""

from pathlib import Path
from typing import TYPE_CHECKING

from timeshare.core.arithmetic import settle
from timeshare.core.artifacts import read_json, write_json
from timeshare.core.imports import importing
from timeshare.core.progress import noting
from timeshare.pipeline.identity.kept import seed_folder, seeds_to_make
from timeshare.pipeline.identity.reads import SeedReads
from timeshare.pipeline.members import files_named, member_run
from timeshare.tracking.curves import curves_of, plain_metrics
from timeshare.tracking.tracker import Tracker

if TYPE_CHECKING:
    from timeshare.core.prepared.store import PreparedData
    from timeshare.params import Params


def main(params: "Params", dataset: str, model: str) -> None:
    """Evaluate the seeds whose results are not there yet; all of them share one reading of the data."""
    settle(params.trainer.arithmetic)
    params.dataset(dataset)
    params.model(model)
    output = Path("results") / dataset / model
    also = files_named(params, "evaluate", dataset, model)
    seeds = seeds_to_make(output, "evaluate", {"dataset": dataset, "model": model}, params.run.seeds, also=also)
    if not seeds:
        return
    with importing():
        # Not at the top: where every result is there, nothing of torch is needed.
        import torch

        from timeshare.core.prepared.store import PreparedData
        from timeshare.evaluate import behaviour  # noqa: F401

    torch.set_num_threads(params.evaluate.threads)
    prepared = PreparedData.open(Path("data/prepared") / dataset, ("train", "test", "probes"))
    note = noting()
    for number, reads in enumerate(seeds.values()):
        if note:
            note(number / len(seeds), f"seed {reads.seed}, {number + 1} of {len(seeds)}")
        _evaluate(params, dataset, model, reads, prepared)


def _evaluate(params: "Params", dataset: str, model: str, reads: SeedReads, prepared: "PreparedData") -> None:
    """Ask the model of one seed, write what comes of it, and add it to the run that trained the model.

    Files: predictions.parquet, metrics.json, and the tables and documents that docs/evaluation.md lists.
    """
    from timeshare.evaluate.asking import ask_all
    from timeshare.evaluate.behaviour import observe
    from timeshare.evaluate.misread import misread_table
    from timeshare.evaluate.text_classifier import load_text_classifier

    trained = Path("models") / dataset / model / str(reads.seed)
    trained_by = SeedReads.of_folder(trained)
    classifier = load_text_classifier(trained, prepared.folder)
    predictions = ask_all(classifier.classifier, prepared, params.evaluate)
    suite = params.evaluate.suites.get(dataset)
    behaviour = observe(
        classifier,
        prepared,
        predictions,
        source=params.dataset(dataset).source,
        suite=None if suite is None else Path("data/suites") / f"{suite}.jsonl",
    )
    of_training = read_json(trained / "metrics.json")
    metrics = {**behaviour.metrics, **{name: of_training[name] for name in ("parameters", "padding_waste")}}
    results = Path("results") / dataset / model / str(reads.seed)
    with seed_folder(results, reads) as folder:
        predictions.write(folder / "predictions.parquet")
        behaviour.write(folder)
        write_json(folder / "metrics.json", metrics)
        # Before the folder is in its place: results that are there are not made again, and so not recorded.
        with Tracker.open(Path(), params.tracking, member_run(Path(), reads, trained_by, dataset, model)) as tracker:
            tracker.metrics(plain_metrics(metrics))
            rows = {name: table.rows for name, table in behaviour.tables.items()}
            own = getattr(params.model(model), "beyond", "")
            tracker.curves(curves_of(metrics, rows.get("lengths.csv", ()), rows.get("positions.csv", ()), own))
            for name, table in behaviour.tables.items():
                tracker.table(Path(name).stem, table.columns, table.rows)
            if params.tracking.enabled:
                misread = misread_table(predictions, classifier.classes, Path("data/raw") / dataset / "test.parquet")
                tracker.table("misread", misread.columns, misread.rows)
