"""The freed net against the shared one that was trained as long, and which of its steps part."""

from collections.abc import Iterator

import altair as alt

from timeshare.report import drawing
from timeshare.report.answer import Answer
from timeshare.report.dial import freed, left_out
from timeshare.report.entries import Entry, Table, value_entry
from timeshare.report.figures.variants import variants_figure
from timeshare.report.files import read_rows
from timeshare.report.records import Study
from timeshare.report.results import Results
from timeshare.report.roles import signs
from timeshare.report.statistics import Summary
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
    sentences = [
        "A shared net whose steps are freed to go their own ways is, compared with one that stays shared and is "
        f"trained as long, {compared(found, ACCURATE)}."
    ]
    for metric, name, words in (
        ("length_score", "On texts longer than any in training", HIGHER),
        ("order_score", "Order score", HIGHER),
        ("overfit", "Overfit", Direction("more", "less", "no clear difference")),
    ):
        if differences := freed(results, study, metric):
            sentences.append(f"{name}, freed compared with shared: {compared(differences, words)}.")
    distances = _mean_distances(results, study)
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

    def draw() -> Iterator[drawing.Figure | None]:
        yield variants_figure(results, study, "A shared net that goes on shared or freed", labels, _SCORES)
        yield _distances_figure(study, distances)

    return Answer(verdict(signs(found), yes="Yes", no="No, it gets worse"), [*sentences, *left_out(study)], draw=draw)


# dataset -> the name of an epoch -> step -> the distance over seeds
Distances = dict[str, dict[str, dict[int, Summary]]]


def _mean_distances(results: Results, study: Study) -> Distances:
    """The distances of the study's first, middle and last epoch."""
    values: dict[str, dict[int, dict[int, dict[int, float]]]] = {}
    for row in read_rows(study.folder / "distances.csv"):
        by_step = values.setdefault(row["dataset"], {}).setdefault(int(row["epoch"]), {})
        by_step.setdefault(int(row["step"]), {})[int(row["seed"])] = float(row["distance"])
    found: Distances = {}
    for dataset, by_epoch in values.items():
        epochs = sorted(by_epoch)
        places = {"first epoch": epochs[0], "halfway": epochs[len(epochs) // 2], "last epoch": epochs[-1]}
        for name, epoch in places.items():
            summaries = {
                step: results.summarise(seeds, "study", study.kind, dataset, str(epoch), str(step))
                for step, seeds in by_epoch[epoch].items()
            }
            found.setdefault(dataset, {})[name] = {step: one for step, one in summaries.items() if one}
    return found


def _distances_figure(study: Study, distances: Distances) -> drawing.Figure:
    """The distance against the step, a line an epoch; the reader chooses the dataset."""
    records: list[drawing.Record] = []
    rows: list[tuple[Entry, ...]] = []
    for dataset, by_epoch in distances.items():
        for name, by_step in by_epoch.items():
            records += [
                {"dataset": dataset, "epoch": name, "step": step, **drawing.summary_record(level)}
                for step, level in by_step.items()
            ]
        reached = study.facts["reached"][dataset]
        for step in by_epoch["last epoch"]:
            levels = (value_entry("accuracy", by_step.get(step)) for by_step in by_epoch.values())
            rows.append((Entry(dataset), Entry(str(step)), Entry(percent(reached[step - 1])), *levels))
    epochs = list(next(iter(distances.values())))
    base = (
        drawing.chart("points")
        .transform_filter("datum.dataset === dataset")
        .encode(
            x=alt.X("step:Q", title="step", scale=alt.Scale(nice=False), axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("mean:Q", title="distance from the mean over the steps", axis=drawing.share_axis()),
        )
    )
    layers = drawing.named_series(
        base, "epoch", epochs, ["step:Q", *drawing.interval_tips("distance")], width=1.6, size=34, columns=3
    )
    title = "Distance of each step's weights from their mean"
    columns = ["step", "texts that reach it", *epochs]
    table = Table(f"{title}, mean over seeds with its interval.", columns, rows, grouped=True)
    choice = drawing.radio("dataset", {dataset: dataset for dataset in distances})
    return drawing.figure("unsharing-distances", title, layers, {"points": records}, table, choice, height=270)
