"""Q13 and Q14: inside a trained model: states that lie close together, and gradients that pull apart."""

from collections.abc import Iterator, Sequence

from timeshare.report.answers.learned import beats_guessing, learned_differences
from timeshare.report.answers.parts import NO_PAIR, Answer, differences, not_measured, pair, shared_model
from timeshare.report.figures import Figure, interference_figure, states_figure
from timeshare.report.results import Results
from timeshare.report.statistics import Summary
from timeshare.report.tables import contrast_table
from timeshare.report.wording import Direction, clauses, compared, decimal_with_interval, listing, verdict

_STATES = "Do the states after “On Monday it was” and “On Tuesday it was” lie close together?"
_STATES_METHOD = (
    "Texts of a hand-written suite in groups; the distance of each text's last state to that of its group's first "
    "text, in units of the usual distance between unrelated test texts of that length: 1 is as far as unrelated. The "
    "figures show the paths in the plane in which the states differ most, of the first seed."
)
_SPOIL = "Does a sentence of another kind spoil the weights that the previous one taught?"
_SPOIL_METHOD = (
    "Mean cosine between the gradients of two families of sentences, at the trained weights: below 0, a step that "
    "serves one family raises the loss of the other. A plain number between \N{MINUS SIGN}1 and 1. Families are a "
    "label and a form: sentences with and without a fronted phrase, or long and short ones. Families of different "
    "labels compete for the read-out in any model; of two classes their cosine is near \N{MINUS SIGN}1."
)
_PAIRS = {"interference/same_label": "two forms of one label", "interference/other_label": "different labels"}
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
    if not roles:
        return not_measured(_SPOIL, NO_PAIR, _SPOIL_METHOD, keys)
    shared, unshared = roles
    # The gradients of a net that has learned nothing are those of its first guess.
    learned_by_shared = [dataset for dataset in results.datasets if beats_guessing(results, dataset, shared)]
    found = {
        metric: [dataset for dataset, _ in differences(results, *roles, metric) if dataset in learned_by_shared]
        for metric in _PAIRS
    }
    lead = next((metric for metric, datasets in found.items() if datasets), None)
    if not lead:
        lack = "No dataset of the run has two families of sentences"
        return not_measured(_SPOIL, lack, _SPOIL_METHOD, keys)
    words = Direction("higher", "lower")
    sentences = []
    for metric, datasets in found.items():
        levels = _cosines(results, shared, metric, datasets)
        if levels:
            sentences.append(
                f"Between sentences of {_PAIRS[metric]}, the cosine of the gradients in `{shared}` is "
                f"{listing(levels)}."
            )
            learned, left_out = learned_differences(results, *roles, metric)
            if learned:
                said = clauses(compared(learned, words, shares=False), left_out)
                sentences.append(f"`{shared}` against `{unshared}`, between {_PAIRS[metric]}: {said}.")
    summaries = [results.summary(dataset, shared, lead) for dataset in found[lead]]
    return Answer(
        question=_SPOIL,
        verdict=verdict(
            [None if level.low is None else _side(level) for level in summaries if level],
            yes="No, they agree",
            no="Yes",
            same="Neither",
        ),
        sentences=sentences,
        method=_SPOIL_METHOD,
        keys=keys,
        draw=lambda: _matrices(results, roles, list(results.datasets)),
        table=contrast_table(results, list(_PAIRS), shared, roles),
    )


def _cosines(results: Results, model: str, metric: str, datasets: Sequence[str]) -> list[str]:
    summaries = [(dataset, results.summary(dataset, model, metric)) for dataset in datasets]
    return [f"{decimal_with_interval(summary)} on {dataset}" for dataset, summary in summaries if summary]


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


def _matrices(results: Results, models: Sequence[str], datasets: Sequence[str]) -> Iterator[Figure | None]:
    for dataset in datasets:
        for model in models:
            rows = results.read_table(dataset, model, results.seeds[0], "interference.csv")
            yield interference_figure(rows, dataset, model)


def _group(metric: str) -> str:
    return f"“{metric.partition('/')[2].replace('_', ' ')}”"


def _side(summary: Summary) -> int:
    if summary.low is not None and summary.low > 0:
        return 1
    return -1 if summary.high is not None and summary.high < 0 else 0
