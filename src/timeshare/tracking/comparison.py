"""The run that stands for a whole `dvc repro`: its members side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from timeshare.tracking.identity import MemberRun, RunIdentity
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.tracker import Tracker


def record_comparison(
    root: Path,
    settings: TrackingSettings,
    runs: Mapping[str, RunIdentity],
    members: Sequence[MemberRun],
    files: Sequence[Path],
    figures: Path | None = None,
) -> None:
    """Record how the members compare, for each dataset in the run that stands for this `dvc repro`.

    The run gets the mean of every metric over the seeds as METRIC/MODEL, so that MLflow's page draws the models side by
    side; a table of the members with links to their runs; the files; and the dataset's figures.

    Args:
        root: the project.
        settings: of tracking.
        runs: that run of each dataset.
        members: of all datasets.
        files: the report and what belongs to it.
        figures: a folder with one for each dataset.
    """
    for dataset, run in runs.items():
        ours = [member for member in members if member.dataset == dataset]
        with Tracker.open(root, settings, run) as tracker:
            tracker.tags({"mlflow.note.content": _table(root, ours)})
            tracker.metrics(_means(root, ours))
            for file in files:
                tracker.artifact(file)
            for figure in sorted((figures / dataset).iterdir()) if figures else ():
                tracker.artifact(figure, "figures")


def _means(root: Path, members: Sequence[MemberRun]) -> dict[str, float]:
    """The mean over the seeds of every metric, as METRIC/MODEL."""
    values: dict[str, list[float]] = {}
    for member in members:
        for name, value in member.metrics(root, "results").items():
            values.setdefault(f"{name}/{member.model}", []).append(value)
    return {name: sum(numbers) / len(numbers) for name, numbers in values.items()}


def _table(root: Path, members: Sequence[MemberRun]) -> str:
    """The members of a dataset as a table in Markdown, for the head of the run's page."""
    columns = {"accuracy": ".3f", "order_score": ".3f", "length_score": ".3f", "parameters": ",.0f"}
    lines = [f"| run | state | {' | '.join(columns)} |", f"|---|---|{'---:|' * len(columns)}"]
    for member in members:
        metrics = member.metrics(root, "results")
        name = f"{member.model}-{member.seed}"
        link = f"[{name}](#/experiments/{member.experiment_id}/runs/{member.run_id})" if member.run_id else name
        figures = " | ".join(
            f"{metrics[column]:{form}}" if column in metrics else "" for column, form in columns.items()
        )
        lines.append(f"| {link} | {member.state} | {figures} |")
    return "\n".join(lines)
