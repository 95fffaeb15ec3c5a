"""Reading a run's results from files, for the members that params.yaml names, never by listing folders."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import FiniteFloat, TypeAdapter

from timeshare.core.artifacts import checked, read_json
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import read_meta
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.untrained import untrained_metrics
from timeshare.report.files import read_records
from timeshare.report.records import Dataset, Epoch, LengthCount, Run, Study, Variant
from timeshare.report.results import Results
from timeshare.report.trials import read_tuning

if TYPE_CHECKING:
    from timeshare.params import Params

_METRICS = TypeAdapter(dict[str, FiniteFloat])
_COUNTS, _CURVES = TypeAdapter(list[LengthCount]), TypeAdapter(list[Epoch])


def read_results(params: "Params", root: Path) -> Results:
    """Read what the run's members and studies left.

    Args:
        params: names them.
        root: the project's folder.
    Raises:
        UserError: a file is missing, damaged, or lacks a column, or a model's seeds were evaluated under different
            rules.
    """
    members = params.run
    runs = {
        (dataset, model, seed): _read_run(
            root / "results" / dataset / model / str(seed), root / "models" / dataset / model / str(seed)
        )
        for dataset in members.datasets
        for model in members.models
        for seed in members.seeds
    }
    for dataset in members.datasets:
        for model in members.models:
            _check_rules(params, root, dataset, model, {seed: runs[dataset, model, seed] for seed in members.seeds})

    # A dataset's models were all asked the same texts, with whatever seed.
    first = members.models[0], members.seeds[0]
    datasets = {
        name: Dataset(
            read_meta(root / "data/prepared" / name / "meta.json"),
            _read_baselines(root.joinpath("results", name, *map(str, first)), runs[name, *first]),
        )
        for name in members.datasets
    }
    studies: dict[str, Study] = {}
    for name in members.studies:
        # `timeshare repro` makes those of built-in data only where they are asked for, if the run's data is the user's.
        folder, kind = root / "studies" / name, params.studies[name].study
        # Of several studies of a kind, the report has room for the first.
        if folder.is_dir() and kind not in studies:
            studies[kind] = read_study(folder, kind)
    tunings = {
        (dataset, model): tuning
        for dataset in members.datasets
        for model in members.models
        if (tuning := read_tuning(root / "tuning" / dataset / model))
    }
    return Results(params, datasets, runs, studies, root, tunings)


def _read_run(results: Path, model: Path) -> Run:
    metrics = checked(results / "metrics.json", read_json(results / "metrics.json"), _METRICS)
    run = Run(
        metrics=metrics,
        lengths=read_records(results / "lengths.csv", _COUNTS),
        curves=read_records(model / "curves.csv", _CURVES),
    )
    if not all(0 <= right <= one.rows and one.rows for one in run.lengths for right in (one.correct, one.constant)):
        raise UserError(f"{results / 'lengths.csv'}: is damaged (more right than there are); run `dvc repro`")
    if not run.curves:
        raise UserError(f"{model / 'curves.csv'}: is damaged (no epoch); run `dvc repro`")
    return run


def _read_baselines(results: Path, run: Run) -> dict[str, dict[str, float]]:
    """What models that learn nothing get on the texts that a run's model was asked."""
    baselines = untrained_metrics(Predictions.read(results / "predictions.parquet"))
    # States without any meaning are as far from each other as those of unrelated texts are, which is the unit.
    baselines["random"] |= {name: 1.0 for name in run.metrics if name.startswith("state_distance/")}
    return baselines


def _check_rules(params: "Params", root: Path, dataset: str, model: str, runs: Mapping[int, Run]) -> None:
    """Refuse a member that was evaluated under other rules beyond the extent than the other seeds (`runs`, by seed)."""
    found = {seed: {row.rule for row in run.lengths} - {""} for seed, run in runs.items()}
    if all(rules == found[params.run.seeds[0]] for rules in found.values()):
        return
    named = {*params.evaluate.rules, getattr(params.models[model], "beyond", "hold")} - {"error"}
    seed = next(seed for seed, rules in found.items() if rules != named)
    under, not_under = (", ".join(sorted(rules)) or "none" for rules in (found[seed], named))
    raise UserError(
        f"{root / 'results' / dataset / model / str(seed)}: was evaluated with other rules beyond the extent ({under}) "
        f"than params.yaml names now ({not_under}); `dvc repro` evaluates it again"
    )


def read_study(folder: Path, kind: str) -> Study:
    """What a study left in its folder."""
    content = read_json(folder / "summary.json")
    seeds = content["seeds"]
    variants = [
        Variant(
            keys=variant["variant"],
            metrics={
                name: dict(zip(seeds, figure["values"], strict=True))
                for name, figure in variant["metrics"].items()
                # A figure that some seeds lack cannot be told apart by seed.
                if len(figure["values"]) == len(seeds)
            },
        )
        for variant in content["variants"]
    ]
    return Study(kind, variants, content["facts"], folder)
