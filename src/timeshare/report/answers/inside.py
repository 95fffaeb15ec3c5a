"""Q13 and Q14: inside a trained model: states that lie close together, and gradients that pull apart."""

from collections.abc import Iterator, Sequence

from timeshare.report.answers.parts import NO_PAIR, Answer, not_measured, pair, shared_model
from timeshare.report.figures import Figure, interference_figure, states_figure
from timeshare.report.results import Results
from timeshare.report.statistics import Summary
from timeshare.report.tables import contrast_table
from timeshare.report.wording import Direction, compared, decimal_with_interval, listing, verdict

_STATES = "Do the states after “On Monday it was” and “On Tuesday it was” lie close together?"
_STATES_METHOD = (
    "Texts of a hand-written suite in groups; the distance of each text's last state to that of its group's first "
    "text, in units of the usual distance between unrelated test texts of that length: 1 is as far as unrelated. The "
    "figures show the paths in the plane in which the states differ most, of the first seed."
)
_SPOIL = "Does a sentence of another kind spoil the weights that the previous one taught?"
_SPOIL_METHOD = (
    "Mean cosine between the gradients of different families of sentences, at the trained weights: below 0, a step "
    "that serves one family raises the loss of the other. A plain number between -1 and 1."
)
_MOST_GROUPS = 4


def states(results: Results) -> Answer:
    """Distances of the shared model's final states, and those of the unshared one."""
    keys = ("evaluate.suites", "run.datasets")
    shared, roles = shared_model(results), pair(results)
    found = {
        (dataset, metric): summary
        for dataset in results.datasets
        for metric in results.metrics(dataset)
        if metric.startswith("state_distance/") and shared and (summary := results.summary(dataset, shared, metric))
    }
    if not shared or not found:
        lack = "No dataset of the run has a suite with groups of texts (`evaluate.suites`)" if shared else NO_PAIR
        return not_measured(_STATES, lack, _STATES_METHOD, keys)
    models = (shared, roles[1]) if roles else (shared,)
    sentences = [
        f"Distance in `{model}`, where 1 is usual between unrelated texts: "
        f"{listing(_distances(results, model, list(found)))}."
        for model in models
    ]
    return Answer(
        question=_STATES,
        verdict=_nearest(found),
        sentences=sentences,
        method=_STATES_METHOD,
        keys=keys,
        draw=lambda: _paths(results, shared, list(found)),
        table=contrast_table(results, list(dict.fromkeys(metric for _, metric in found)), shared, models),
    )


def interference(results: Results) -> Answer:
    """Cosines between gradients of families, shared against unshared."""
    keys = ("models", "run.models", "run.datasets")
    roles = pair(results)
    found = [
        (dataset, difference)
        for dataset in results.datasets
        if roles and (difference := results.compare(dataset, *roles, "interference"))
    ]
    if not roles or not found:
        lack = "No dataset of the run has two families of sentences" if roles else NO_PAIR
        return not_measured(_SPOIL, lack, _SPOIL_METHOD, keys)
    words = Direction("higher", "lower")
    levels = {dataset: results.summary(dataset, roles[0], "interference") for dataset, _ in found}
    cosines = [f"{decimal_with_interval(level)} on {dataset}" for dataset, level in levels.items() if level]
    return Answer(
        question=_SPOIL,
        verdict=verdict(
            [None if level.low is None else _side(level) for level in levels.values() if level],
            yes="No, they agree",
            no="Yes",
            same="Neither",
        ),
        sentences=(
            f"Cosine between the gradients of different families in `{roles[0]}`: {listing(cosines)}.",
            f"`{roles[0]}` against `{roles[1]}`: {compared(found, words, shares=False)}.",
        ),
        method=_SPOIL_METHOD,
        keys=keys,
        draw=lambda: _matrices(results, roles, [dataset for dataset, _ in found]),
        table=contrast_table(
            results, ("interference", "interference/same_label", "interference/other_label"), roles[0], roles
        ),
    )


def _distances(results: Results, model: str, places: list[tuple[str, str]]) -> list[str]:
    summaries = [(metric, results.summary(dataset, model, metric)) for dataset, metric in places]
    return [f"{_group(metric)} {decimal_with_interval(summary)}" for metric, summary in summaries if summary]


def _nearest(found: dict[tuple[str, str], Summary]) -> str:
    """Which group is surely nearer than unrelated texts are."""
    metric, summary = min(((metric, summary) for (_, metric), summary in found.items()), key=lambda item: item[1].mean)
    if summary.high is None:
        return "Open: one seed"
    return f"Yes: {_group(metric)}" if summary.high < 1 else "No"


def _paths(results: Results, model: str, places: Sequence[tuple[str, str]]) -> Iterator[Figure | None]:
    for dataset, metric in places[:_MOST_GROUPS]:
        rows = results.read_table(dataset, model, results.seeds[0], "states.csv")
        yield states_figure(rows, dataset, model, metric.partition("/")[2])


def _matrices(results: Results, models: Sequence[str], datasets: Sequence[str]) -> Iterator[Figure | None]:
    for dataset in datasets:
        for model in models:
            rows = results.read_table(dataset, model, results.seeds[0], "interference.csv")
            yield interference_figure(rows, dataset, model)


def _group(metric: str) -> str:
    return metric.partition("/")[2].replace("_", " ")


def _side(summary: Summary) -> int:
    if summary.low is not None and summary.low > 0:
        return 1
    return -1 if summary.high is not None and summary.high < 0 else 0
