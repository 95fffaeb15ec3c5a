"""Cosines between the gradients of families of sentences, shared against unshared."""

from collections.abc import Iterator, Sequence

from timeshare.report.answer import Answer, not_measured
from timeshare.report.drawing import Figure
from timeshare.report.figures.matrix import matrix_figure
from timeshare.report.files import Row
from timeshare.report.learned import beats_guessing, learned_differences
from timeshare.report.results import Results
from timeshare.report.roles import NO_PAIR, differences, pair
from timeshare.report.statistics import Summary
from timeshare.report.tables import contrast_table
from timeshare.report.wording import HIGHER, clauses, compared, decimal_with_interval, listing, verdict

METHOD = (
    "A lesson is the step by which training on some texts would change the weights (their gradient, at the trained "
    "weights). Two lessons agree by their mean cosine: 1 is the same direction, at 0 they have nothing to do with each "
    "other, and below 0 what serves one raises the loss of the other. Families are a "
    "label and a form: sentences with and without a fronted phrase, or long and short ones. Families of different "
    "labels compete for the read-out in any model; of two classes they agree by about \N{MINUS SIGN}1."
)
KEYS = ("models", "run.models", "run.datasets")
_PAIRS = {"interference/same_label": "two forms of one label", "interference/other_label": "different labels"}


def answer(results: Results) -> Answer:
    """The cosines in the shared model, and their differences from the unshared one's."""
    roles = pair(results)
    if not roles:
        return not_measured(NO_PAIR)
    shared, unshared = roles
    # The gradients of a net that has learned nothing are those of its first guess.
    learned_by_shared = [dataset for dataset in results.datasets if beats_guessing(results, dataset, shared)]
    found: dict[str, dict[str, Summary]] = {}
    for metric in _PAIRS:
        datasets = [dataset for dataset, _ in differences(results, *roles, metric) if dataset in learned_by_shared]
        summaries = ((dataset, results.summary(dataset, shared, metric)) for dataset in datasets)
        found[metric] = {dataset: summary for dataset, summary in summaries if summary}
    lead = next((summaries for summaries in found.values() if summaries), None)
    if not lead:
        return not_measured("No dataset of the run has two families of sentences")
    sentences = []
    for metric, levels in found.items():
        if levels:
            named = listing([f"{decimal_with_interval(level)} on {dataset}" for dataset, level in levels.items()])
            sentences.append(
                f"In `{shared}`, what texts of {_PAIRS[metric]} teach agrees by {named} (1: the same lesson; 0: "
                "nothing to do with each other; below 0: one undoes the other)."
            )
            learned, left_out = learned_differences(results, *roles, metric)
            if learned:
                said = clauses(compared(learned, HIGHER, shares=False), left_out)
                sentences.append(f"Compared with `{unshared}`, agreement between texts of {_PAIRS[metric]} is {said}.")
    return Answer(
        verdict(
            [level.sign for level in lead.values()],
            yes="No, they agree",
            no="Yes",
            same="Neither",
        ),
        sentences,
        contrast_table(results, list(_PAIRS), shared, roles),
        lambda: _matrices(results, roles),
    )


def _matrices(results: Results, models: Sequence[str]) -> Iterator[Figure | None]:
    for dataset in results.datasets:
        for model in models:
            rows = results.read_table(dataset, model, results.seeds[0], "interference.csv")
            yield _interference_figure(rows, dataset, model)


def _interference_figure(rows: Sequence[Row], dataset: str, model: str) -> Figure | None:
    """The cosines of a model, from interference.csv."""
    cosines = {(row["family_a"], row["family_b"]): float(row["cosine"]) for row in rows if row["cosine"]}
    names = list(dict.fromkeys(family for pair in cosines for family in pair))
    if len(names) < 3:
        return None  # one number, which the table has
    name, title = f"interference-{model}-{dataset}", f"How far the lessons agree in {model}, {dataset}"
    return matrix_figure(name, title, cosines, names, None, height=40 + 24 * len(names))
