"""Models side by side: one metric, and scores against another metric."""

from collections.abc import Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import ABSENT, METRICS, Entry, Table, model_entry, value_entry
from timeshare.report.results import Results
from timeshare.report.tables import metrics_table, untrained_rows


def means(results: Results, dataset: str, metric: str) -> list[drawing.Record]:
    """A metric's mean and interval for each model that has it."""
    return [
        {"model": model, **drawing.summary_record(summary)}
        for model in results.models
        if (summary := results.summary(dataset, model, metric))
    ]


def dots_figure(results: Results, dataset: str, metric: str, blind: float | None = None) -> drawing.Figure | None:
    """One metric, a share, by model: mean, interval, and a tick for each seed.

    Args:
        blind: the level that a model reaches without looking at the order, marked by a line.
    """
    data = {"means": means(results, dataset, metric)}
    if not data["means"]:
        return None
    data["seeds"] = [
        {"model": model, "value": value}
        for model in results.models
        for value in results.values(dataset, model, metric).values()
    ]
    base, seeds = (
        drawing.chart(name).encode(y=drawing.model_rows(results.models), color=drawing.colour(results.models))
        for name in data
    )
    layers = [
        base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q", opacity=drawing.focused(1)),
        seeds.mark_tick(size=14).encode(x="value:Q", opacity=drawing.focused(0.6)),
        base.mark_point(filled=True, size=90).encode(
            x=alt.X("mean:Q", title=METRICS[metric], scale=drawing.SHARES, axis=drawing.share_axis(grid=True)),
            opacity=drawing.focused(1),
            shape=drawing.shape(results.models),
            tooltip=["model:N", *drawing.interval_tips(METRICS[metric])],
        ),
    ]
    if blind is not None:
        data["blind"] = [{"blind": blind}]
        layers.insert(0, drawing.chart("blind").mark_rule(style="reference").encode(x="blind:Q"))
    title = f"{METRICS[metric].capitalize()} on {dataset}"
    table = metrics_table(results, dataset, (metric,))
    return drawing.figure(
        f"{metric.replace('_', '-')}-{dataset}", title, layers, data, table, height=drawing.ROW * len(results.models)
    )


def scores_figure(
    results: Results, dataset: str, metric: str, x: alt.X, tip: alt.Tooltip, scores: Sequence[str], title: str
) -> drawing.Figure | None:
    """Each model's scores against a metric; the reader chooses the score.

    Args:
        metric: what stands on the x axis.
        x: that axis, of the field `x`.
        tip: what a marker tells of it.
        scores: shares to choose from.
        title: heading, before the dataset's name.
    """
    labels: dict[str, str] = {}
    records: list[drawing.Record] = []
    rows = []
    for score in scores:
        for model in results.models:
            name = results.length_metric(dataset, model) if score == "length_score" else score
            summary = results.summary(dataset, model, name) if name else None
            place = results.summary(dataset, model, metric)
            if summary is None or place is None:
                continue
            labels[score] = METRICS[score]
            records.append({"model": model, "score": score, "x": place.mean, **drawing.summary_record(summary)})
            entries = value_entry(metric, place), value_entry(score, summary)
            rows.append((Entry(METRICS[score]), model_entry(model), *entries))
        if score in labels:
            untrained = untrained_rows(results, dataset, [score])
            rows += [(Entry(METRICS[score]), baseline, ABSENT, level) for baseline, level in untrained]
    if not records:
        return None
    layers = drawing.series(
        results.models,
        drawing.chart("means").transform_filter("datum.score === score").encode(x=x),
        alt.Y(
            "mean:Q", title=None, scale=drawing.share_scale(one["low"] for one in records), axis=drawing.share_axis()
        ),
        ["model:N", tip, *drawing.interval_tips("score")],
        size=110,
        width=None,
    )
    title = f"{title} on {dataset}"
    table = Table(f"{title}.", ["model", METRICS[metric], "score"], rows, grouped=True)
    identity = f"{metric.replace('_', '-')}-{dataset}"
    return drawing.figure(
        identity, title, layers, {"means": records}, table, drawing.radio("score", labels), height=240
    )
