"""The freed net against the shared one that was trained as long, and which of its steps part."""

from collections.abc import Iterator

from timeshare.questions.unsharing.figure import distances_figure, mean_distances
from timeshare.report.answer import Answer
from timeshare.report.dial import freed, left_out
from timeshare.report.drawing import Figure
from timeshare.report.figures.variants import variants_figure
from timeshare.report.results import Results
from timeshare.report.roles import signs
from timeshare.report.wording import ACCURATE, HIGHER, Direction, compared, listing, percent, verdict

METHOD = (
    "A shared net is trained. Then two nets go on from its weights, with the same batches, for as long again: itself, "
    "and one that has a copy of the weights for each step (freed). A step's distance is that of its weights from their "
    "mean over the steps, as a share of the length of the weights it began with. The first step's recurrent weights "
    "meet a state of zeros, and never move."
)
KEYS = ("studies.unsharing", "run.studies")
_NETS = {"start": "shared, before", "shared": "shared, trained on", "freed": "freed"}
_SCORES = {"accuracy": "accuracy", "train_accuracy": "training accuracy", "length_score": "length score"}
_SCORES |= {"order_score": "order score"}


def answer(results: Results) -> Answer:
    """Compare the two, and name the steps that go farthest."""
    study = results.studies["unsharing"]
    found = freed(results, study)
    sentences = [f"Freed against shared, trained as long in all: {compared(found, ACCURATE)}."]
    for metric, name, words in (
        ("length_score", "Beyond the lengths of training", HIGHER),
        ("order_score", "Order score", HIGHER),
        ("overfit", "Overfit", Direction("more", "less")),
    ):
        if differences := freed(results, study, metric):
            sentences.append(f"{name}, freed against shared: {compared(differences, words)}.")
    distances = mean_distances(results, study)
    for epoch, when in (("first epoch", "After the first epoch"), ("last epoch", "At the end")):
        said = []
        for dataset, by_epoch in distances.items():
            by_step = by_epoch[epoch]
            farthest = max(by_step, key=lambda step: by_step[step].mean)
            middle = sorted(level.mean for level in by_step.values())[len(by_step) // 2]
            said.append(
                f"step {farthest} of {len(by_step)} on {dataset} ({percent(by_step[farthest].mean)}; the middle one "
                f"{percent(middle)})"
            )
        sentences.append(f"{when} the step farthest from the others is {listing(said)}.")
    labels = {f"{one.keys['dataset']}: {_NETS[str(one.keys['net'])]}": one for one in study.variants}

    def draw() -> Iterator[Figure | None]:
        yield variants_figure(results, study, "A shared net that goes on shared or freed", labels, _SCORES)
        yield distances_figure(study, distances)

    return Answer(verdict(signs(found), yes="Yes", no="No, it gets worse"), [*sentences, *left_out(study)], draw=draw)
