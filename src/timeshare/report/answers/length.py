"""Q1: lengths that training never had."""

from timeshare.report.answers.learned import learned_differences, nothing_compared
from timeshare.report.answers.parts import (
    NO_PAIR,
    Answer,
    differences,
    matched_model,
    not_measured,
    pair,
    signs,
)
from timeshare.report.figures import Figure, length_figure
from timeshare.report.results import Results
from timeshare.report.tables import contrast_table
from timeshare.report.wording import Direction, clauses, compared, verdict

_QUESTION = "Does one set of weights carry over to lengths absent from training, where a set for each step does not?"
_METHOD = (
    "Length score: the mean, over the lengths beyond the longest training text, of the accuracy at that length. Past "
    "its last step a model with weights for each step holds the last set or cycles through all; the score is that of "
    "the rule that serves it better. A net that is no better than guessing at the lengths of training (a constant "
    "answer, or one at random) has nothing to carry over, and is not compared. The figures pool neighbouring lengths; "
    "bands are intervals over seeds."
)
_KEYS = ("datasets", "evaluate.rules", "run.models", "run.seeds")


def unseen_lengths(results: Results) -> Answer:
    """Shared against unshared beyond the training lengths, and at them."""
    roles = pair(results)
    found, left_out = learned_differences(results, *roles, "length_score") if roles else ([], "")

    def draw() -> list[Figure | None]:
        return [length_figure(results, dataset, results.models) for dataset in results.datasets]

    if not roles or not found:
        lack = nothing_compared(left_out) or "No dataset of the run has texts longer than its training texts"
        return not_measured(_QUESTION, lack if roles else NO_PAIR, _METHOD, _KEYS, draw)
    shared, unshared = roles
    words = Direction("more accurate", "less accurate")
    sentences = [
        f"Beyond the training lengths, `{shared}` against `{unshared}`: {clauses(compared(found, words), left_out)}.",
        f"At the lengths of training: {compared(differences(results, *roles, 'accuracy'), words)}.",
    ]
    matched = matched_model(results)
    if matched and matched != unshared:
        items, left_out = learned_differences(results, shared, matched, "length_score")
        if items:
            said = clauses(compared(items, words), left_out)
            sentences.append(f"Beyond the training lengths, against `{matched}`, with as many parameters: {said}.")
    return Answer(
        question=_QUESTION,
        verdict=verdict(signs(found), yes="Yes", no="No, the reverse"),
        sentences=sentences,
        method=_METHOD,
        keys=_KEYS,
        draw=draw,
        table=contrast_table(results, ("accuracy", "length_score"), shared),
    )
