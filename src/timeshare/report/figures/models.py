"""Models side by side: one metric, and scores against another metric."""

from collections.abc import Sequence

import altair as alt

from timeshare.report.entries import ABSENT, METRICS, Entry, Table, model_entry, value_entry
from timeshare.report.figures.parts import (
    ROW,
    SHARES,
    Figure,
    Record,
    chart,
    colour,
    figure,
    focused,
    interval_tips,
    model_rows,
    radio,
    series,
    shape,
    share_axis,
    share_scale,
    summary_record,
)
from timeshare.report.results import Results
from timeshare.report.tables import metric_table, untrained_rows


def means(results: Results, dataset: str, metric: str) -> list[Record]:
    """A metric's mean and interval for each model that has it."""
    return [
        {"model": model, **summary_record(summary)}
        for model in results.models
        if (summary := results.summary(dataset, model, metric))
    ]


def dots_figure(results: Results, dataset: str, metric: str, blind: float | None = None) -> Figure | None:
    """One metric by model: mean, interval, and a tick for each seed.

    Args:
        results: of the run.
        dataset: name.
        metric: a share.
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
    base, seeds = (chart(name).encode(y=model_rows(results.models), color=colour(results.models)) for name in data)
    layers = [
        base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q", opacity=focused(1)),
        seeds.mark_tick(size=14).encode(x="value:Q", opacity=focused(0.6)),
        base.mark_point(filled=True, size=90).encode(
            x=alt.X("mean:Q", title=METRICS[metric], scale=SHARES, axis=share_axis(grid=True)),
            opacity=focused(1),
            shape=shape(results.models),
            tooltip=["model:N", *interval_tips(METRICS[metric])],
        ),
    ]
    if blind is not None:
        data["blind"] = [{"blind": blind}]
        layers.insert(0, chart("blind").mark_rule(style="reference").encode(x="blind:Q"))
    title = f"{METRICS[metric].capitalize()} on {dataset}"
    table = metric_table(results, dataset, (metric,))
    return figure(f"{metric.replace('_', '-')}-{dataset}", title, layers, data, table, height=ROW * len(results.models))


def scores_figure(
    results: Results, dataset: str, metric: str, x: alt.X, tip: alt.Tooltip, scores: Sequence[str], title: str
) -> Figure | None:
    """Each model's scores against a metric; the reader chooses the score.

    Args:
        results: of the run.
        dataset: name.
        metric: what stands on the x axis.
        x: that axis, of the field `x`.
        tip: what a marker tells of it.
        scores: shares to choose from.
        title: heading, before the dataset's name.
    """
    labels: dict[str, str] = {}
    records: list[Record] = []
    rows = []
    for score in scores:
        for model in results.models:
            name = results.length_metric(dataset, model) if score == "length_score" else score
            summary = results.summary(dataset, model, name) if name else None
            place = results.summary(dataset, model, metric)
            if summary is None or place is None:
                continue
            labels[score] = METRICS[score]
            records.append({"model": model, "score": score, "x": place.mean, **summary_record(summary)})
            entries = value_entry(metric, place), value_entry(score, summary)
            rows.append((Entry(METRICS[score]), model_entry(model), *entries))
        if score in labels:
            untrained = untrained_rows(results, dataset, [score])
            rows += [(Entry(METRICS[score]), baseline, ABSENT, level) for baseline, level in untrained]
    if not records:
        return None
    layers = series(
        results.models,
        chart("means").transform_filter("datum.score === score").encode(x=x),
        alt.Y("mean:Q", title=None, scale=share_scale(one["low"] for one in records), axis=share_axis()),
        ["model:N", tip, *interval_tips("score")],
        size=110,
        width=None,
    )
    title = f"{title} on {dataset}"
    table = Table(f"{title}.", ["model", METRICS[metric], "score"], rows, grouped=True)
    identity = f"{metric.replace('_', '-')}-{dataset}"
    return figure(identity, title, layers, {"means": records}, table, radio("score", labels), height=240)
