"""What the layouts and ways to make batches cost."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import altair as alt

from timeshare.questions.layouts.regimes import RegimeCost
from timeshare.report import drawing
from timeshare.report.entries import Entry, Table
from timeshare.report.results import Results
from timeshare.report.wording import count, percent, plural


class _Measure(NamedTuple):
    """What a benchmark measured: where it stands, how a table writes it, and how a bar, that has no heading, does."""

    value_of: Callable[[RegimeCost], float]
    form: Callable[[float], str]
    label: Callable[[float], str]


_MEASURES = {
    "seconds an epoch": _Measure(
        lambda one: one.seconds_per_epoch, lambda seconds: f"{seconds:.3g}", lambda seconds: f"{seconds:.3g} s"
    ),
    "tokens a second": _Measure(lambda one: one.tokens_per_second, count, lambda tokens: f"{count(tokens)} tokens/s"),
    "padding": _Measure(lambda one: one.padding_waste, percent, percent),
    "lengths (graphs)": _Measure(lambda one: one.lengths, count, lambda number: plural(int(number), "length")),
    "shapes of a batch": _Measure(lambda one: one.shapes, count, lambda number: plural(int(number), "shape")),
    "test accuracy": _Measure(lambda one: one.accuracy, percent, percent),
}
_TALL_ROW = 40  # pixels of a bar with its name above


def waste_figure(results: Results) -> drawing.Figure:
    """Share of the training split's entries that are padding, by dataset and layout."""
    records: list[drawing.Record] = []
    rows = []
    for dataset, content in results.datasets.items():
        for layout in ("padding", "bucketing", "exact"):
            waste, used = float(content.meta["waste"][layout]), content.meta["layout"] == layout
            label = f"{layout} {percent(waste)}{', used' if used else ''}"
            records.append({"dataset": dataset, "layout": layout, "waste": waste, "used": used, "label": label})
            rows.append((Entry(dataset), Entry(layout), Entry(percent(waste)), Entry("used" if used else "")))
    highest = max(record["waste"] for record in records)
    # The room to the right of the longest bar is for its label.
    scale = alt.Scale(domain=[0, max(0.1, 1.7 * highest)], nice=False)
    bars = drawing.chart("bars").encode(
        x=alt.X("waste:Q", title="entries that are padding", scale=scale, axis=drawing.share_axis(tickCount=5)),
        y=alt.Y("dataset:N", title=None, sort=list(results.datasets), axis=alt.Axis(domain=False, ticks=False)),
        yOffset=alt.YOffset("layout:N", sort=["padding", "bucketing", "exact"]),
    )
    layers = [
        bars.transform_filter("!datum.used").mark_bar(style="bar-plain"),
        bars.transform_filter("datum.used").mark_bar(style="bar-chosen"),
        bars.mark_text(style="value", align="left", dx=5).encode(text="label:N"),
    ]
    table = Table("Share of padded entries in the training split.", ["layout", "padding", ""], rows, grouped=True)
    return drawing.figure(
        "waste", "Entries that are padding, by layout", layers, {"bars": records}, table, height=22 * len(records)
    )


def regimes_figure(regimes: Sequence[RegimeCost]) -> drawing.Figure | None:
    """What ways to make batches cost, one measure at a time, as a benchmark measured them on some machine."""
    if not regimes:
        return None
    records: list[drawing.Record] = []
    for name, measure in _MEASURES.items():
        # Each measure fills the width: what it is worth says the label.
        most = max(measure.value_of(one) for one in regimes) or 1.0
        for one in regimes:
            value = measure.value_of(one)
            place = {"regime": one.regime, "measure": name}
            records.append(place | {"share": round(value / most, 5), "label": measure.label(value)})
    bars = drawing.chart("bars").transform_filter("datum.measure === measure")
    bars = bars.encode(
        # The room to the right of the longest bar is for its label.
        x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, 1.4])),
        y=alt.Y("regime:N", title=None, sort=[one.regime for one in regimes], axis=None),
    )
    layers = [
        bars.mark_bar(style="bar-chosen", size=12, yOffset=9),
        bars.mark_text(style="value", align="left", dx=5, dy=9).encode(text="label:N"),
        # A name stands over its bar, where a phone too has room for all of it.
        bars.mark_text(style="name", align="left", dy=-7).encode(x=alt.value(0), text="regime:N"),
    ]
    rows = [
        (Entry(one.regime), *(Entry(measure.form(measure.value_of(one))) for measure in _MEASURES.values()))
        for one in regimes
    ]
    machine = regimes[0].machine
    caption = f"Ways to make batches, measured on {machine} by make bench-batching."
    choice = drawing.radio("measure", {measure: measure for measure in _MEASURES})
    title = f"What ways to make batches cost, measured on {machine}"
    table = Table(caption, ["", *_MEASURES], rows)
    return drawing.figure("regimes", title, layers, {"bars": records}, table, choice, height=_TALL_ROW * len(rows))
