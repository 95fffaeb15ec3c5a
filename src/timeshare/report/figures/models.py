"""Models side by side: one metric, overfit, and scores against parameters."""

from collections.abc import Sequence

import altair as alt

from timeshare.report.cells import ABSENT, METRICS, Cell, Table, model_cell, value_cell
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
    shape,
    share_axis,
    share_scale,
    share_tip,
    summary_record,
)
from timeshare.report.results import Results
from timeshare.report.tables import metric_table, untrained_rows


def dots_figure(results: Results, dataset: str, metric: str, blind: float | None = None) -> Figure | None:
    """One metric by model: mean, interval, and a tick for each seed.

    Args:
        results: of the run.
        dataset: name.
        metric: a share.
        blind: the level that a model reaches without looking at the order, marked by a line.
    """
    means = _means(results, dataset, metric)
    if not means:
        return None
    seeds = [
        {"model": model, "value": value}
        for model in results.models
        for value in results.values(dataset, model, metric).values()
    ]
    data = {"means": means, "seeds": seeds}
    y = model_rows(results.models)
    base = chart("means").encode(y=y, color=colour(results.models), opacity=focused(1))
    layers = [
        base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q"),
        chart("seeds").mark_tick(size=14).encode(x="value:Q", y=y, color=colour(results.models), opacity=focused(0.6)),
        base.mark_point(filled=True, size=90).encode(
            x=alt.X("mean:Q", title=METRICS[metric], scale=SHARES, axis=share_axis(grid=True)),
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


def overfit_figure(results: Results, dataset: str) -> Figure | None:
    """Accuracy on training and on test texts by model: the longer the bar between them, the more overfit."""
    train = {record["model"]: record["mean"] for record in _means(results, dataset, "train_accuracy")}
    records = [
        {"model": record["model"], "test": record["mean"], "train": train[record["model"]]}
        for record in _means(results, dataset, "accuracy")
        if record["model"] in train
    ]
    if not records:
        return None
    scale = share_scale(value for record in records for value in (record["test"], record["train"]))
    base = chart("means").encode(
        y=model_rows(results.models),
        color=colour(results.models),
        opacity=focused(1),
        tooltip=["model:N", share_tip("train", "training texts"), share_tip("test", "test texts")],
    )
    x = alt.X("test:Q", title="accuracy (hollow: on training texts)", scale=scale, axis=share_axis(grid=True))
    layers = [
        base.mark_rule(strokeWidth=2.2).encode(x=x, x2="train:Q"),
        base.mark_point(style="hollow", size=70).encode(x="train:Q", shape=shape(results.models)),
        base.mark_point(filled=True, size=90).encode(x=x, shape=shape(results.models)),
    ]
    table = metric_table(results, dataset, ("train_accuracy", "accuracy", "overfit"))
    title, height = f"Training and test accuracy on {dataset}", ROW * len(results.models)
    return figure(f"overfit-{dataset}", title, layers, {"means": records}, table, height=height)


def parameters_figure(results: Results, dataset: str) -> Figure | None:
    """Scores against parameters: what a model gets for what it costs."""
    scale = alt.Scale(type="log", nice=True)
    x = alt.X("x:Q", title="parameters", scale=scale, axis=alt.Axis(format="~s", tickCount=4))
    scores = ("accuracy", "length_score", "order_score")
    title = f"Scores against parameters on {dataset}"
    return _scores_figure(results, dataset, "parameters", x, alt.Tooltip("x:Q", format=",.0f"), scores, title)


def similarity_score_figure(results: Results, dataset: str) -> Figure | None:
    """Scores against the similarity of the weights at different steps: what sharing brings, by how much is shared."""
    if all(results.summary(dataset, model, "weight_similarity") is None for model in results.models):
        return None
    x = alt.X("x:Q", title="similarity of the weights at different steps", scale=alt.Scale(nice=True))
    scores = ("length_score", "order_invariance", "accuracy")
    title = f"Scores against similarity of steps on {dataset}"
    return _scores_figure(results, dataset, "weight_similarity", x, alt.Tooltip("x:Q", format=".2f"), scores, title)


def _scores_figure(
    results: Results,
    dataset: str,
    metric: str,
    x: alt.X,
    tip: alt.Tooltip,
    scores: Sequence[str],
    title: str,
) -> Figure | None:
    """Each model's scores against a metric; the reader chooses the score."""
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
            cells = value_cell(metric, place), value_cell(score, summary)
            rows.append((Cell(METRICS[score]), model_cell(model), *cells))
        if score in labels:
            untrained = untrained_rows(results, dataset, [score])
            rows += [(Cell(METRICS[score]), baseline, ABSENT, level) for baseline, level in untrained]
    if not records:
        return None
    scale = share_scale(one["low"] for one in records)
    base = (
        chart("means")
        .transform_filter("datum.score === score")
        .encode(x=x, color=colour(results.models), opacity=focused(1))
    )
    layers = [
        base.mark_rule(strokeWidth=1.6).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        base.mark_point(filled=True, size=110).encode(
            y=alt.Y("mean:Q", title=None, scale=scale, axis=share_axis()),
            shape=shape(results.models),
            tooltip=["model:N", tip, *interval_tips("score")],
        ),
    ]
    table = Table(f"{title}.", ["model", METRICS[metric], "score"], rows, grouped=True)
    identity = f"{metric.replace('_', '-')}-{dataset}"
    return figure(identity, title, layers, {"means": records}, table, radio("score", labels), height=240)


def _means(results: Results, dataset: str, metric: str) -> list[Record]:
    return [
        {"model": model, **summary_record(summary)}
        for model in results.models
        if (summary := results.summary(dataset, model, metric))
    ]
