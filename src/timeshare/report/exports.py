"""The files beside the page: summary.json, metrics.json, and the CSV files that `dvc plots` draws."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from timeshare.core.artifacts import write_csv
from timeshare.report.lengths import pooled_by_seed, rules_of
from timeshare.report.records import Epoch
from timeshare.report.results import Results

# Of the search for settings of training, where there was one.
_ONE_TRIAL, _BEST_TRIAL = "valid_accuracy_one_trial", "valid_accuracy_best_trial"
_MAIN_METRICS = ("accuracy", "order_score", "length_score")
_DECIMALS = 4  # of a mean, which nobody reads to more


def summary_json(results: Results) -> dict[str, dict[str, dict[str, dict[str, float | int | None]]]]:
    """The content of summary.json: dataset -> model -> metric -> mean, low, high, max, n.

    Of a tuned model also the validation accuracy of one random setting and of the best of all, expected over trials.
    """
    content: dict[str, dict[str, dict[str, dict[str, float | int | None]]]] = {}
    for dataset in results.datasets:
        content[dataset] = {}
        for model in results.models:
            content[dataset][model] = {
                metric: {"mean": item.mean, "low": item.low, "high": item.high, "max": item.max, "n": item.n}
                for metric in results.metrics(dataset)
                if (item := results.summary(dataset, model, metric))
            }
            if best := results.expected_best(dataset, model):
                content[dataset][model] |= {
                    name: {"mean": of.mean, "low": of.low, "high": of.high, "max": best[-1].mean, "n": len(best)}
                    for name, of in ((_ONE_TRIAL, best[0]), (_BEST_TRIAL, best[-1]))
                }
    return content


def metrics_json(results: Results) -> dict[str, dict[str, dict[str, float]]]:
    """The content of metrics.json: dataset -> model -> metric -> mean. `dvc metrics diff` and `dvc exp show` read it.

    Few metrics, so that what an edit has changed is a screenful; all of them are in summary.json.
    """
    return {
        dataset: {
            model: {
                metric: round(summary.mean, _DECIMALS)
                for metric in _MAIN_METRICS
                if (summary := results.summary(dataset, model, metric))
            }
            for model in results.models
        }
        for dataset in results.datasets
    }


def write_plots(results: Results, folder: Path) -> None:
    """Write curves.csv, length.csv and order.csv, one row a point and seed, for `dvc plots`.

    Lengths are pooled as on the page, where a point stands at the middle of its range; under a model's own rule.
    """
    folder.mkdir(parents=True, exist_ok=True)
    members = [
        ((dataset, model, str(seed)), results.run(dataset, model, seed))
        for dataset in results.datasets
        for model in results.models
        for seed in results.seeds
    ]
    name = ("dataset", "model", "seed")
    write_csv(
        folder / "curves.csv",
        (*name, *(field.name for field in fields(Epoch))),
        ((*key, *vars(epoch).values()) for key, run in members for epoch in run.curves),
    )
    write_csv(folder / "length.csv", (*name, "length", "accuracy"), _accuracy_by_length(results))
    order = ("order_invariance", "order_sensitivity", "order_score")
    write_csv(
        folder / "order.csv",
        (*name, *order),
        (
            (*key, *(run.metrics[metric] for metric in order))
            for key, run in members
            if all(metric in run.metrics for metric in order)
        ),
    )


def _accuracy_by_length(results: Results) -> Iterator[tuple[object, ...]]:
    for dataset in results.datasets:
        for model in results.models:
            own = rules_of(results, dataset, model)[0]
            for lengths, shares, _ in pooled_by_seed(results, dataset, model, own):
                middle = sum(lengths) / len(lengths)
                for seed, share in zip(results.seeds, shares, strict=True):
                    yield dataset, model, seed, middle, share
