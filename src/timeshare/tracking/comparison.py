"""The run that stands for a whole `dvc repro`: a summary of its models, and the way to those of its seeds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from timeshare.tracking.identity import RunIdentity, SeedRun
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.tracker import Tracker

_MAIN = {"accuracy": ".3f", "order_score": ".3f", "length_score": ".3f", "parameters": ",.0f"}
Metrics = Mapping[SeedRun, Mapping[str, float]]


def record_comparison(
    root: Path,
    settings: TrackingSettings,
    runs: Mapping[str, RunIdentity],
    seed_runs: Sequence[SeedRun],
    files: Sequence[Path],
    figures: Path | None = None,
    changed: Mapping[str, str] | None = None,
) -> None:
    """Record how the models compare, for each dataset in the run that stands for this `dvc repro`.

    The run has no metrics: a figure of one run alone makes a chart of one bar. Its page opens with a table of the
    models with links to their runs, and under it what was changed, since MLflow folds the end of what is long; all
    figures are in two tables among its artifacts, beside the files and the dataset's pictures.

    Args:
        root: the project.
        settings: of tracking.
        runs: that run of each dataset.
        seed_runs: of all datasets.
        files: the report and what belongs to it.
        figures: a folder with one for each dataset.
        changed: settings that differ from the commit's.
    """
    for dataset, run in runs.items():
        metrics = {seed_run: seed_run.metrics(root, "results") for seed_run in seed_runs if seed_run.dataset == dataset}
        with Tracker.open(root, settings, run) as tracker:
            tracker.tags({"mlflow.note.content": "\n".join([*_models(metrics), *_changes(changed or {})])})
            models = list(dict.fromkeys(seed_run.model for seed_run in metrics))
            names = sorted({name for figures in metrics.values() for name in figures})
            # The main figures first, as in every table of them.
            names = [*(name for name in _MAIN if name in names), *(name for name in names if name not in _MAIN)]
            tracker.table(
                "models",
                ("mean over seeds", *models),
                [(name, *(_mean(metrics, model, name) for model in models)) for name in names],
            )
            tracker.table(
                "seeds",
                ("model", "seed", "state", *names),
                [
                    (seed_run.model, seed_run.seed, seed_run.state, *(figures.get(name) for name in names))
                    for seed_run, figures in metrics.items()
                ],
            )
            for file in files:
                tracker.artifact(file)
            for figure in sorted((figures / dataset).iterdir()) if figures else ():
                tracker.artifact(figure, "figures")


def _mean(metrics: Metrics, model: str, name: str) -> float | None:
    """A figure's mean over a model's seeds; None where none has it."""
    values = [figures[name] for seed_run, figures in metrics.items() if seed_run.model == model and name in figures]
    return fmean(values) if values else None


def _changes(changed: Mapping[str, str]) -> list[str]:
    if not changed:
        return []
    return ["", "Changed against the commit:", "", *(f"- `{key}`: `{value}`" for key, value in changed.items())]


def _models(metrics: Metrics) -> list[str]:
    """The models of a dataset as a table in Markdown: means over seeds, and a link to each seed's run."""
    lines = [f"| model | {' | '.join(_MAIN)} | runs by seed |", f"|---|{'---:|' * len(_MAIN)}---|"]
    for model in dict.fromkeys(seed_run.model for seed_run in metrics):
        means = {name: _mean(metrics, model, name) for name in _MAIN}
        figures = ["" if mean is None else f"{mean:{_MAIN[name]}}" for name, mean in means.items()]
        runs = ", ".join(_link(seed_run) for seed_run in metrics if seed_run.model == model)
        lines.append(f"| {model} | {' | '.join(figures)} | {runs} |")
    return lines


def _link(seed_run: SeedRun) -> str:
    state = "" if seed_run.state == "up to date" else f" ({seed_run.state})"
    if not seed_run.run_id:
        return f"{seed_run.seed}{state}"
    return f"[{seed_run.seed}](#/experiments/{seed_run.experiment_id}/runs/{seed_run.run_id}){state}"
