"""Reading a run's results from files, for the members that params.yaml names, never by listing folders."""

import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from timeshare.core.artifacts import read_json
from timeshare.core.config import Params, UserError
from timeshare.core.prepared.layout import read_meta
from timeshare.report.results import CURVES, Dataset, LengthCount, Regime, Results, Row, Run, Study, Variant

_LENGTH_COLUMNS: dict[str, Callable[[str], Any]] = {
    "rule": str,
    **dict.fromkeys(("length", "rows", "correct", "constant"), int),
}
_CURVE_COLUMNS: dict[str, Callable[[str], Any]] = {"epoch": int, **dict.fromkeys(CURVES, float)}
_REGIME_COLUMNS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("regime", "machine"), str),
    **dict.fromkeys(("seconds_per_epoch", "tokens_per_second", "padding_waste", "accuracy"), float),
    **dict.fromkeys(("lengths", "shapes", "steps", "epochs"), int),
}


def read_results(params: Params, root: Path) -> Results:
    """Read what the run's members and studies left.

    Args:
        params: names them.
        root: the project's folder.
    Raises:
        UserError: a file is missing, damaged, or lacks a column, or a model's seeds were evaluated under different
            rules.
    """
    members = params.run
    first = members.models[0], str(members.seeds[0])
    datasets = {
        name: Dataset(
            meta=read_meta(root / "data/prepared" / name / "meta.json"),
            # They are the same whatever the model and the seed.
            baselines=_if_there(root / "results" / name / first[0] / first[1] / "baselines.json", read_json) or {},
        )
        for name in members.datasets
    }
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

    def read_table(dataset: str, model: str, seed: int, name: str) -> list[Row]:
        return _if_there(root / "results" / dataset / model / str(seed) / name, _read_rows) or []

    studies: dict[str, Study] = {}
    for name in members.studies:
        # Of several studies of a kind, the report has room for the first.
        kind = params.studies[name].study
        studies.setdefault(kind, _read_study(root / "studies" / name, kind))
    regimes = _if_there(root / "benchmarks/measured/batching.csv", _read_regimes) or []
    return Results(params, datasets, runs, studies, read_table, regimes)


def _read_run(results: Path, model: Path) -> Run:
    run = Run(
        metrics=_numbers(results / "metrics.json"),
        lengths=[LengthCount(**row) for row in _read_columns(results / "lengths.csv", _LENGTH_COLUMNS)],
        curves=_read_columns(model / "curves.csv", _CURVE_COLUMNS),
    )
    if not all(0 <= right <= one.rows and one.rows for one in run.lengths for right in (one.correct, one.constant)):
        raise UserError(f"{results / 'lengths.csv'}: is damaged (more right than there are); run `dvc repro`")
    if not run.curves:
        raise UserError(f"{model / 'curves.csv'}: is damaged (no epoch); run `dvc repro`")
    return run


def _check_rules(params: Params, root: Path, dataset: str, model: str, runs: Mapping[int, Run]) -> None:
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


def _read_regimes(path: Path) -> list[Regime]:
    maker = "make bench-batching"
    found = [Regime(**row) for row in _read_columns(path, _REGIME_COLUMNS, maker)]
    numbers = [value for one in found for value in vars(one).values() if not isinstance(value, str)]
    if not all(math.isfinite(number) for number in numbers) or any(one.seconds_per_epoch <= 0 for one in found):
        raise UserError(f"{path}: is damaged (a number that cannot be); remove it and run `{maker}`")
    return found


def _read_study(folder: Path, kind: str) -> Study:
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
    return Study(kind, variants, content["facts"], lambda name: _read_rows(folder / name))


def _if_there(path: Path, read: Callable[[Path], Any]) -> Any:
    """What `read` gives; None where evaluation had nothing to write."""
    return read(path) if path.exists() else None


def _numbers(path: Path) -> dict[str, float]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(
            f"{path}: is damaged (a {type(content).__name__}, not a mapping); remove it and run `dvc repro`"
        )
    wrong = [name for name, value in content.items() if not isinstance(value, int | float) or not math.isfinite(value)]
    if wrong:
        raise UserError(f"{path}: {wrong[0]} is {content[wrong[0]]!r}, not a finite number; run `dvc repro`")
    return {name: float(value) for name, value in content.items()}


def _read_columns(
    path: Path, columns: Mapping[str, Callable[[str], Any]], maker: str = "dvc repro"
) -> list[dict[str, Any]]:
    """The rows of a CSV file that `maker` makes, each named column converted, the others left out."""
    try:
        return [{name: convert(row[name]) for name, convert in columns.items()} for row in _read_rows(path)]
    except KeyError as error:
        raise UserError(f"{path}: lacks the column {error}; run `{maker}`") from None
    except (TypeError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: is damaged ({error}); remove it and run `{maker}`") from None


def _read_rows(path: Path) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
