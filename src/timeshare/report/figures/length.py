"""Accuracy against length."""

from collections.abc import Mapping, Sequence

import altair as alt

from timeshare.report.cells import ABSENT, UNTRAINED_COLUMNS, Cell, Table, untrained_cells, value_cell
from timeshare.report.figures.parts import (
    Figure,
    Record,
    chart,
    colour,
    dash,
    figure,
    focused,
    interval_tips,
    shape,
    share_axis,
    share_scale,
    summary_record,
)
from timeshare.report.lengths import Bin, binned_accuracy
from timeshare.report.results import Results


def length_figure(results: Results, dataset: str, models: Sequence[str]) -> Figure | None:
    """Accuracy against length with its interval, the end of training marked.

    A model's second rule beyond its extent is drawn thin, with hollow markers.
    """
    return _length_figure(results, dataset, models, "length", {})


def extent_figure(results: Results, dataset: str, models: Sequence[str], extent: int) -> Figure | None:
    """The same with the last length marked that lies within the models' extent."""
    return _length_figure(results, dataset, models, "extent", {f"steps end at {extent}": extent})


def _length_figure(
    results: Results, dataset: str, models: Sequence[str], name: str, marks: Mapping[str, int]
) -> Figure | None:
    bins = binned_accuracy(results, dataset, models)
    if not bins:
        return None
    longest = results.datasets[dataset].longest_train
    records = [_record(one) for one in bins]
    scale = share_scale(record["low"] for record in records)
    last = max(one.lengths[1] for one in bins)
    marks = {f"training ends at {longest}": longest, **marks}
    data: dict[str, list[Record]] = {
        "bins": records,
        "trained": [{"start": 0, "end": longest + 0.5}],
        # A note stands on the side of its line that has more room.
        "ends": [
            {"label": label, "end": end + 0.5, "row": row, "side": "right" if end > last / 2 else "left"}
            for row, (label, end) in enumerate(marks.items())
            if end < last
        ],
    }
    lines = chart("bins").encode(
        x=alt.X("length:Q", title="length in tokens", scale=alt.Scale(nice=False)),
        y=alt.Y("mean:Q", title="accuracy", scale=scale, axis=share_axis()),
        color=colour(results.models),
        detail="series:N",
        opacity=focused(1),
    )
    points = lines.encode(
        shape=shape(results.models),
        tooltip=[
            alt.Tooltip("series:N", title="model"),
            alt.Tooltip("label:N", title="length"),
            *interval_tips("accuracy"),
        ],
    )
    layers = [
        chart("trained").mark_rect(style="shade").encode(x="start:Q", x2="end:Q"),
        chart("ends").mark_rule(style="boundary").encode(x="end:Q"),
        chart("ends")
        .mark_text(
            style="note",
            align=alt.expr("datum.side"),
            dx=alt.expr("datum.side === 'left' ? 6 : -6"),
            y="height",
            dy=alt.expr("-9 - 15 * datum.row"),
        )
        .encode(x="end:Q", text="label:N"),
        lines.mark_area().encode(y=alt.Y("low:Q", scale=scale), y2="high:Q", opacity=focused(0.14)),
        lines.mark_line().encode(
            strokeDash=dash(results.models),
            strokeWidth=alt.condition("datum.second", alt.value(1.2), alt.value(2.2)),
        ),
        points.transform_filter("!datum.second").mark_point(filled=True, size=40),
    ]
    if any(one.second for one in bins):
        layers.append(points.transform_filter("datum.second").mark_point(style="hollow", size=28))
    title = f"Accuracy against length on {dataset}"
    return figure(f"{name}-{dataset}", title, layers, data, _table(results, bins, dataset), height=270)


def _record(one: Bin) -> Record:
    place = {"model": one.model, "series": one.series, "second": one.second, "length": one.centre, "label": one.label}
    return place | summary_record(one.accuracy)


def _table(results: Results, bins: Sequence[Bin], dataset: str) -> Table:
    series = list(dict.fromkeys(one.series for one in bins))
    cells = {(one.lengths, one.series): value_cell("accuracy", one.accuracy) for one in bins}
    labels = {one.lengths: one.label for one in sorted(bins, key=lambda one: one.lengths)}
    constant = {one.lengths: one.constant for one in bins}
    classes = len(results.datasets[dataset].classes)
    rows = [
        (
            Cell(label),
            *(cells.get((lengths, name), ABSENT) for name in series),
            *untrained_cells(constant[lengths], classes),
        )
        for lengths, label in labels.items()
    ]
    caption = f"Accuracy by length on {dataset}: mean over seeds with its interval."
    return Table(caption, ["length", *series, *UNTRAINED_COLUMNS], rows)
