"""Q3 and Q4: words that move without changing the meaning, and words whose order is the meaning."""

from timeshare.report.answers.learned import learned_differences, nothing_compared
from timeshare.report.answers.parts import (
    NO_PAIR,
    Answer,
    differences,
    not_measured,
    pair,
    shared_model,
    signs,
)
from timeshare.report.figures import Figure, dots_figure, order_figure, positions_figure, shuffle_figure
from timeshare.report.results import Results
from timeshare.report.statistics import Summary
from timeshare.report.tables import contrast_table
from timeshare.report.wording import Direction, clauses, compared, listing, share_with_interval, verdict

_MOVED = (
    "Is what was learned at one place of a sentence known at the others, as in “On Monday it snowed” and “It snowed on "
    "Monday”?"
)
_MOVED_METHOD = (
    "Order invariance: the share of held-out meanings whose every order gets one label. Position gap: accuracy with "
    "the decisive word at positions that training had, minus accuracy at positions that it never had. A model that "
    "always answers the same is perfectly invariant, so read invariance beside sensitivity: the curves in the figure "
    "join points of equal harmonic mean."
)
_CHANGED = "Does a transition shared by all steps still tell “chocolate milk” from “milk chocolate”?"
_CHANGED_METHOD = (
    "Order sensitivity: the share of pairs with equal words and different labels in which both members are right. A "
    "model that is blind to order gives both members one label, and so scores 0 (dashed line). Where no reordering has "
    "a known label, the n-grams of test texts are shuffled, and the figure counts the right predictions that this "
    "changes."
)
_KEYS = ("datasets", "run.datasets", "run.models", "run.seeds")


def moved_words(results: Results) -> Answer:
    """Shared against unshared on orders that mean the same, and on positions unseen in training."""

    def draw() -> list[Figure | None]:
        return [
            drawn
            for dataset in results.datasets
            for drawn in (
                order_figure(results, dataset) or dots_figure(results, dataset, "order_invariance"),
                positions_figure(results, dataset),
            )
        ]

    roles = pair(results)
    found, left_out = learned_differences(results, *roles, "order_invariance") if roles else ([], "")
    if not roles or not found:
        lack = nothing_compared(left_out) or "No dataset of the run has reorderings with known labels"
        return not_measured(_MOVED, lack if roles else NO_PAIR, _MOVED_METHOD, _KEYS, draw)
    shared, unshared = roles
    words = Direction("more often", "less often")
    sentences = [
        f"`{shared}` gives all orders of a meaning one label, against `{unshared}`: "
        f"{clauses(compared(found, words), left_out)}."
    ]
    gap = differences(results, unshared, shared, "position_gap")
    if gap:
        sentences.append(
            f"What `{unshared}` loses where training never had the decisive word, against `{shared}`: "
            f"{compared(gap, Direction('larger', 'smaller'))}."
        )
    moved = [
        f"{share_with_interval(summary)} on {dataset}"
        for dataset in results.datasets
        if (summary := results.summary(dataset, shared, "moved_invariance"))
    ]
    if moved:
        sentences.append(
            f"Where a phrase of time or place moves between the front and the end of a real sentence, `{shared}` keeps "
            f"its label in {listing(moved)}; few sentences qualify."
        )
    return Answer(
        question=_MOVED,
        verdict=verdict(signs(found), yes="Yes", no="No, the reverse"),
        sentences=sentences,
        method=_MOVED_METHOD,
        keys=_KEYS,
        draw=draw,
        table=contrast_table(results, ("order_invariance", "position_gap", "order_score", "moved_invariance"), shared),
    )


def changed_order(results: Results) -> Answer:
    """The shared model on pairs that differ by order alone, and on shuffled text."""

    def draw() -> list[Figure | None]:
        return [
            dots_figure(results, dataset, "order_sensitivity", blind=0.0) or shuffle_figure(results, dataset)
            for dataset in results.datasets
        ]

    shared = shared_model(results)
    pairs = [
        (dataset, summary)
        for dataset in results.datasets
        if shared and (summary := results.summary(dataset, shared, "order_sensitivity"))
    ]
    shuffled = _shuffled(results, shared) if shared else []
    if not shared or not (pairs or shuffled):
        lack = "No dataset of the run changes the order of words" if shared else NO_PAIR
        return not_measured(_CHANGED, lack, _CHANGED_METHOD, _KEYS, draw)
    sentences = []
    if pairs:
        rates = listing([f"{share_with_interval(summary)} on {dataset}" for dataset, summary in pairs])
        sentences.append(
            f"Of the pairs that differ by order alone, `{shared}` gets both members right in {rates}; a model blind to "
            "order gets none."
        )
    roles = pair(results)
    found = differences(results, shared, roles[1], "order_sensitivity") if roles else []
    if roles and found:
        words = Direction("more pairs", "fewer pairs")
        sentences.append(f"`{shared}` gets both right, against `{roles[1]}`: {compared(found, words)}.")
    if shuffled:
        sentences.append(f"Of the right predictions of `{shared}`, a full shuffle changes {listing(shuffled)}.")
    return Answer(
        question=_CHANGED,
        verdict=_level(results, pairs),
        sentences=sentences,
        method=_CHANGED_METHOD,
        keys=_KEYS,
        draw=draw,
        table=contrast_table(results, ("order_sensitivity", "shuffle_change"), shared),
    )


def _shuffled(results: Results, shared: str) -> list[str]:
    return [
        f"{share_with_interval(summary)} on {dataset}"
        for dataset in results.datasets
        if (summary := results.summary(dataset, shared, "shuffle_change"))
    ]


def _level(results: Results, pairs: list[tuple[str, Summary]]) -> str:
    """Yes where a guess at random is surely beaten."""
    if not pairs:
        return "Shuffles only"
    beaten = []
    for dataset, summary in pairs:
        guess = 1 / len(results.datasets[dataset].classes) ** 2
        beaten.append(None if summary.low is None else 1 if summary.low > guess else 0)
    return verdict(beaten, yes="Yes", no="No", same="No better than guessing")
