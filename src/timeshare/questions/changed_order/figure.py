"""What shuffling changes."""

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import Table, model_entry, value_entry
from timeshare.report.results import Results
from timeshare.report.tables import untrained_rows


def shuffle_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Share of right predictions that shuffling changes, by the size of the n-grams that stay whole."""
    sizes = sorted(
        int(name.partition("/")[2]) for name in results.metrics(dataset) if name.startswith("shuffle_change/")
    )
    records: list[drawing.Record] = [
        {"model": model, "size": size, **drawing.summary_record(summary)}
        for model in results.models
        for size in sizes
        if (summary := results.summary(dataset, model, f"shuffle_change/{size}"))
    ]
    if not records:
        return None
    x = alt.X("size:O", title="tokens kept together (1: full shuffle)", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(domain=[0, max(0.1, *(record["high"] for record in records))], nice=True)
    layers = drawing.series(
        results.models,
        drawing.chart("means").encode(x=x),
        alt.Y("mean:Q", title="right predictions changed", scale=scale, axis=drawing.share_axis()),
        ["model:N", "size:O", *drawing.interval_tips("changed")],
        size=70,
    )
    metrics = [f"shuffle_change/{size}" for size in sizes]
    rows = [
        (model_entry(model), *(value_entry(metric, results.summary(dataset, model, metric)) for metric in metrics))
        for model in results.models
    ]
    rows += untrained_rows(results, dataset, metrics)
    caption = f"Share of right predictions on {dataset} that shuffling changes, by the number of tokens kept together."
    table = Table(caption, ["model", *map(str, sizes)], rows)
    title = f"Predictions that shuffling changes on {dataset}"
    return drawing.figure(f"shuffle-{dataset}", title, layers, {"means": records}, table, height=250)
