"""Shared against unshared on orders that mean the same, and on positions unseen in training."""

from collections.abc import Iterator

from timeshare.questions.moved_words.figure import order_figure
from timeshare.questions.moved_words.positions import positions_figure
from timeshare.report.answer import Answer, not_measured
from timeshare.report.drawing import Figure
from timeshare.report.figures.models import dots_figure
from timeshare.report.learned import learned_differences, nothing_compared
from timeshare.report.results import Results
from timeshare.report.roles import NO_PAIR, differences, levels, pair, signs
from timeshare.report.tables import contrast_table
from timeshare.report.wording import Direction, clauses, compared, listing, verdict

METHOD = (
    "Order invariance: the share of held-out meanings whose every order gets one label. Position gap: accuracy with "
    "the decisive word at positions that training had, minus accuracy at positions that it never had. A model that "
    "always answers the same is perfectly invariant, so read invariance beside sensitivity: the curves in the figure "
    "join points of equal harmonic mean."
)
KEYS = ("datasets", "run.datasets", "run.models", "run.seeds")


def answer(results: Results) -> Answer:
    """The order invariance of the two, the position gap, and real sentences whose phrases move."""
    roles = pair(results)
    if not roles:
        return not_measured(NO_PAIR, lambda: _figures(results))
    found, left_out = learned_differences(results, *roles, "order_invariance")
    if not found:
        lack = nothing_compared(left_out) or "No dataset of the run has reorderings with known labels"
        return not_measured(lack, lambda: _figures(results))
    shared, unshared = roles
    words = Direction("more often", "less often", "neither more nor less often")
    sentences = [
        f"Where the words of a text are put in another order that keeps its meaning, `{shared}` gives every order the "
        f"same label, compared with `{unshared}`, {clauses(compared(found, words), left_out)}."
    ]
    gap = differences(results, unshared, shared, "position_gap")
    if gap:
        sentences.append(
            f"What `{unshared}` loses where the decisive word stands at a place that it never had in training, "
            f"compared with `{shared}`: {compared(gap, Direction('larger', 'smaller'))}."
        )
    moved = levels(results, shared, "moved_invariance")
    if moved:
        sentences.append(
            f"Where a phrase of time or place moves between the front and the end of a real sentence, `{shared}` keeps "
            f"its label in {listing(moved)}; few sentences qualify."
        )
    return Answer(
        verdict(signs(found), yes="Yes", no="No, the reverse"),
        sentences,
        contrast_table(results, ("order_invariance", "position_gap", "order_score", "moved_invariance"), shared),
        lambda: _figures(results),
    )


def _figures(results: Results) -> Iterator[Figure | None]:
    for dataset in results.datasets:
        yield order_figure(results, dataset) or dots_figure(results, dataset, "order_invariance")
        yield positions_figure(results, dataset)
