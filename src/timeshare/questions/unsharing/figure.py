"""How far the steps of a freed net have parted, by step and epoch."""

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import Entry, Table, value_entry
from timeshare.report.files import read_rows
from timeshare.report.results import Results, Study
from timeshare.report.statistics import Summary
from timeshare.report.wording import percent

# dataset -> the name of an epoch -> step -> the distance over seeds
Distances = dict[str, dict[str, dict[int, Summary]]]


def mean_distances(results: Results, study: Study) -> Distances:
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


def distances_figure(study: Study, distances: Distances) -> drawing.Figure:
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
