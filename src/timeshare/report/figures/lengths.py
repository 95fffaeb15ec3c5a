"""Accuracy against length."""

from collections.abc import Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import series_table
from timeshare.report.lengths import binned_accuracy
from timeshare.report.results import Results


def length_figure(
    results: Results, dataset: str, models: Sequence[str], extent: int | None = None
) -> drawing.Figure | None:
    """Accuracy against length with its interval, the end of training marked.

    A model's second rule beyond its extent is drawn thin, with hollow markers.

    Args:
        extent: the last length within the models' extent, to be marked too; None: no mark.
    """
    bins = binned_accuracy(results, dataset, models)
    if not bins:
        return None
    records: list[drawing.Record] = [
        {"model": one.model, "series": one.series, "second": one.second, "length": one.centre, "label": one.label}
        | drawing.summary_record(one.accuracy)
        for one in bins
    ]
    longest, last = results.datasets[dataset].longest_train, max(one.lengths[1] for one in bins)
    marks = {f"training ends at {longest}": longest}
    if extent is not None:
        marks[f"steps end at {extent}"] = extent
    data: dict[str, list[drawing.Record]] = {
        "bins": records,
        "trained": [{"start": 0, "end": longest + 0.5}],
        # A note stands on the side of its line that has more room.
        "ends": [
            {"label": label, "end": end + 0.5, "row": row, "side": "right" if end > last / 2 else "left"}
            for row, (label, end) in enumerate(marks.items())
            if end < last
        ],
    }
    x = alt.X("length:Q", title="length in tokens", scale=alt.Scale(nice=False))
    scale = drawing.share_scale(record["low"] for record in records)
    *lines, points = drawing.series(
        results.models,
        drawing.chart("bins").encode(x=x, detail="series:N"),
        alt.Y("mean:Q", title="accuracy", scale=scale, axis=drawing.share_axis()),
        [
            alt.Tooltip("series:N", title="model"),
            alt.Tooltip("label:N", title="length"),
            *drawing.interval_tips("accuracy"),
        ],
        size=40,
        bands=True,
        width=alt.condition("datum.second", alt.value(1.2), alt.value(2.2)),
    )
    note = {"align": alt.expr("datum.side"), "dx": alt.expr("datum.side === 'left' ? 6 : -6")}
    layers = [
        drawing.chart("trained").mark_rect(style="shade").encode(x="start:Q", x2="end:Q"),
        drawing.chart("ends").mark_rule(style="boundary").encode(x="end:Q"),
        drawing.chart("ends")
        .mark_text(style="note", y=0, dy=alt.expr("-8 - 15 * datum.row"), **note)
        .encode(x="end:Q", text="label:N"),
        *lines,
        points.transform_filter("!datum.second"),
    ]
    if any(one.second for one in bins):
        layers.append(points.transform_filter("datum.second").mark_point(style="hollow", size=28))
    names = list(dict.fromkeys(one.series for one in bins))
    found = {(one.lengths, one.series): one.accuracy for one in bins}
    rows = {one.lengths: one for one in sorted(bins, key=lambda one: one.lengths)}
    table = series_table(
        f"Accuracy by length on {dataset}: mean over seeds with its interval.",
        ["length", *names],
        (([one.label], [found.get((one.lengths, name)) for name in names], one.constant) for one in rows.values()),
        len(results.datasets[dataset].classes),
    )
    name, title = "length" if extent is None else "extent", f"Accuracy against length on {dataset}"
    second = next((one.series.partition(", ")[2] for one in bins if one.second), "")
    return drawing.figure(
        f"{name}-{dataset}",
        title,
        layers,
        data,
        table,
        height=270,
        note=f"Thin lines with hollow markers: the same net under the other rule past its last step ({second})."
        if second
        else "",
    )
