"""Distances of the shared model's final states, and those of the unshared one."""

from collections.abc import Iterator, Sequence

from timeshare.questions.states.figure import states_figure
from timeshare.report.answer import Answer, not_measured
from timeshare.report.drawing import Figure
from timeshare.report.results import Results
from timeshare.report.roles import NO_PAIR, pair, shared_model
from timeshare.report.statistics import Summary
from timeshare.report.tables import contrast_table
from timeshare.report.wording import clauses, decimal_with_interval, listing

METHOD = (
    "Texts of a hand-written suite in groups; the distance of each text's last state to that of its group's first "
    "text, in units of the usual distance between unrelated test texts of that length: 1 is as far as unrelated. The "
    "figures show the paths in the plane in which the states differ most, of the first seed."
)
KEYS = ("evaluate.suites", "run.datasets")
_MOST_GROUPS = 4


def answer(results: Results) -> Answer:
    """Which groups of texts end in states that lie close together."""
    shared, roles = shared_model(results), pair(results)
    if not shared:
        return not_measured(NO_PAIR)
    found = {
        (dataset, metric): summary
        for dataset in results.datasets
        for metric in results.metrics(dataset)
        if metric.startswith("state_distance/") and (summary := results.summary(dataset, shared, metric))
    }
    if not found:
        return not_measured("No dataset of the run has a suite with groups of texts (`evaluate.suites`)")
    models = roles or (shared,)
    sentences = [
        f"Distance in `{model}`, where 1 is usual between unrelated texts: "
        f"{listing(_distances(results, model, list(found)))}."
        for model in models
    ]
    table = contrast_table(results, list(dict.fromkeys(metric for _, metric in found)), shared, models)
    return Answer(_nearest(found), sentences, table, lambda: _paths(results, shared, list(found)))


def _distances(results: Results, model: str, places: list[tuple[str, str]]) -> list[str]:
    summaries = [(metric, results.summary(dataset, model, metric)) for dataset, metric in places]
    return [f"{_group(metric)} {decimal_with_interval(summary)}" for metric, summary in summaries if summary]


def _nearest(found: dict[tuple[str, str], Summary]) -> str:
    """Which groups are surely nearer than unrelated texts are, the nearest first, and which are not.

    All are named, for one close group proves little: another that shares something else may be as close.
    """
    if any(summary.high is None for summary in found.values()):
        return "Open: one seed"
    several = len({dataset for dataset, _ in found}) > 1
    near: list[str] = []
    others: list[str] = []
    for (dataset, metric), summary in sorted(found.items(), key=lambda item: item[1].mean):
        side = near if summary.high is not None and summary.high < 1 else others
        side.append(f"{_group(metric)} on {dataset}" if several else _group(metric))
    if not near:
        return "No"
    if len(found) > _MOST_GROUPS:
        return f"Close: {len(near)} of {len(found)} groups"
    return clauses(f"Close: {listing(near)}", f"not {listing(others)}" if others else "")


def _paths(results: Results, model: str, places: Sequence[tuple[str, str]]) -> Iterator[Figure | None]:
    for dataset, metric in places[:_MOST_GROUPS]:
        rows = results.read_table(dataset, model, results.seeds[0], "states.csv")
        yield states_figure(rows, dataset, model, metric.partition("/")[2])


def _group(metric: str) -> str:
    return f"“{metric.partition('/')[2].replace('_', ' ')}”"
