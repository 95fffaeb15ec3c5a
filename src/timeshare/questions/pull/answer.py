"""The best pull against the shared net, and against no pull."""

from timeshare.questions.pull.figure import dial_figure
from timeshare.report.answer import Answer
from timeshare.report.dial import at_the_best_pull, dials, left_out
from timeshare.report.results import Results
from timeshare.report.roles import signs, study_differences
from timeshare.report.wording import ACCURATE, HIGHER, compared, count, decimal, listing, verdict

METHOD = (
    "`training.pull` draws the weights of all steps towards their mean: 0 leaves each step its own, and a large one is "
    "the shared net, with which all of them begin, seed by seed. The best pull is that of the highest validation "
    "accuracy, so that the test texts have no say in the choice; among equals it is the largest. The similarity of "
    "steps is the mean cosine between their weights."
)
KEYS = ("studies.pull", "training.pull", "run.studies")


def answer(results: Results) -> Answer:
    """Compare the best place on each dataset with both ends."""
    study = results.studies["pull"]
    places = dials(results, study)
    ends = [(one.dataset, one.free, one.shared) for one in places]
    best = at_the_best_pull(results, study)
    sentences = [
        f"The best pull of each dataset against the shared net: {compared(best, ACCURATE)}.",
        f"The smallest pull ({_smallest(results)}) against the shared net: "
        f"{compared(study_differences(results, study, ends, 'accuracy'), ACCURATE)}.",
    ]
    for metric, name in (("length_score", "Beyond the lengths of training"), ("order_score", "Order score")):
        if found := at_the_best_pull(results, study, metric):
            best_said, smallest_said = (
                compared(each, HIGHER) for each in (found, study_differences(results, study, ends, metric))
            )
            sentences.append(f"{name}, the best pull against the shared net: {best_said}.")
            sentences.append(f"{name}, the smallest pull against the shared net: {smallest_said}.")
    rises = []
    for one in places:
        levels = [
            (pull, level.mean)
            for pull, net in one.pulled.items()
            if (level := results.study_summary(study, net, "weight_similarity"))
        ]
        said = [f"{decimal(level)} at {count(pull)}" for pull, level in levels]
        rises.append(f"{listing(said)} on {one.dataset}")
    sentences.append(f"Similarity of the steps: {'; '.join(rises)}.")
    return Answer(
        verdict(signs(best), yes="Short of one set", no="At one set", same="No place beats one set"),
        [*sentences, *left_out(study)],
        draw=lambda: [dial_figure(results, study, places)],
    )


def _smallest(results: Results) -> str:
    pulls = sorted(
        {float(one.keys["pull"]) for one in results.studies["pull"].variants if one.keys["pull"] is not None}
    )
    return "none at all" if pulls[0] == 0 else count(pulls[0])
