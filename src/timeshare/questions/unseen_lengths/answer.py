"""Shared against unshared beyond the training lengths, and at them."""

from collections.abc import Iterator

from timeshare.questions import published
from timeshare.report.answer import Answer, not_measured
from timeshare.report.drawing import Figure
from timeshare.report.figures.lengths import length_figure
from timeshare.report.learned import learned_differences, nothing_compared
from timeshare.report.results import Results
from timeshare.report.roles import NO_PAIR, differences, matched_model, pair, recurrent, signs
from timeshare.report.tables import contrast_table
from timeshare.report.wording import ACCURATE, clauses, compared, percent, plural, verdict

METHOD = (
    "Length score: the mean, over the lengths beyond the longest training text, of the accuracy at that length. Past "
    "its last step a model with weights for each step keeps the last set or begins again with the first; the score is "
    "that of the rule that serves it better. A net that is no better than guessing at the lengths of training (a "
    "constant answer, or one at random) has nothing to carry over, and is not compared. The figures pool neighbouring "
    "lengths and draw each rule, so that a point of a curve is no length score; bands are intervals over seeds."
)
KEYS = ("datasets", "evaluate.rules", "run.models", "run.seeds")


def answer(results: Results) -> Answer:
    """The length scores of the two, and of the unshared model with as many parameters."""

    def draw() -> list[Figure | None]:
        return [length_figure(results, dataset, results.models) for dataset in results.datasets]

    roles = pair(results)
    if not roles:
        return not_measured(NO_PAIR, draw)
    found, left_out = learned_differences(results, *roles, "length_score")
    if not found:
        lack = nothing_compared(left_out) or "No dataset of the run has texts longer than its training texts"
        return not_measured(lack, draw)
    shared, unshared = roles
    sentences = [
        f"On texts longer than any in training, compared with `{unshared}`, `{shared}` is "
        f"{clauses(compared(found, ACCURATE), left_out)}.",
        f"On texts as long as those of training it is {compared(differences(results, *roles, 'accuracy'), ACCURATE)}.",
    ]
    matched = matched_model(results)
    if matched and matched != unshared:
        items, left_out = learned_differences(results, shared, matched, "length_score")
        if items:
            said = clauses(compared(items, ACCURATE), left_out)
            sentences.append(f"On longer texts, compared with `{matched}`, which has as many parameters, it is {said}.")
    sentences += _published(results, shared)
    table = contrast_table(results, ("accuracy", "length_score"), shared)
    return Answer(verdict(signs(found), yes="Yes", no="No, the reverse"), sentences, table, draw)


def _published(results: Results, shared: str) -> Iterator[str]:
    """The published score of an LSTM beside ours, where the task and the lengths are the same."""
    if dict(recurrent(results))[shared].encoder != "lstm":
        return
    for dataset, content in results.datasets.items():
        task = getattr(results.params.datasets[dataset], "task", "")
        known = published.SCORES[task][0] if task in published.SCORES else None
        scored_to = max((one.length for one in results.run(dataset, shared, results.seeds[0]).lengths), default=0)
        ours = results.summary(dataset, shared, "length_score")
        same = (content.longest_train, scored_to) == (published.TRAINED_TO, published.SCORED_TO)
        if known is not None and ours and same:
            yield (
                f"Published for {task}: {percent(known / 100)} with an LSTM, the best of several seeds and learning "
                f"rates (Delétang et al. 2023); `{shared}` on {dataset}, with the same lengths: {percent(ours.max)}, "
                f"the best of {plural(ours.n, 'seed')}."
            )
