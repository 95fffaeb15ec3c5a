"""Scores against parameters, and training against test accuracy."""

import altair as alt

from timeshare.report import drawing
from timeshare.report.figures.models import means, scores_figure
from timeshare.report.results import Results
from timeshare.report.tables import metrics_table


def parameters_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Scores against parameters: what a model gets for what it costs."""
    scale = alt.Scale(type="log", nice=True)
    x = alt.X("x:Q", title="parameters", scale=scale, axis=alt.Axis(format="~s", tickCount=4))
    tip, scores = alt.Tooltip("x:Q", format=",.0f"), ("accuracy", "length_score", "order_score")
    return scores_figure(results, dataset, "parameters", x, tip, scores, "Scores against parameters")


def overfit_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Accuracy on training and on test texts by model: the longer the bar between them, the more overfit."""
    train = {record["model"]: record["mean"] for record in means(results, dataset, "train_accuracy")}
    records = [
        {"model": record["model"], "test": record["mean"], "train": train[record["model"]]}
        for record in means(results, dataset, "accuracy")
        if record["model"] in train
    ]
    if not records:
        return None
    scale = drawing.share_scale(value for record in records for value in (record["test"], record["train"]))
    base = drawing.chart("means").encode(
        y=drawing.model_rows(results.models),
        color=drawing.colour(results.models),
        opacity=drawing.focused(1),
        tooltip=["model:N", drawing.share_tip("train", "training texts"), drawing.share_tip("test", "test texts")],
    )
    x = alt.X("test:Q", title="accuracy (hollow: on training texts)", scale=scale, axis=drawing.share_axis(grid=True))
    layers = [
        base.mark_rule(strokeWidth=2.2).encode(x=x, x2="train:Q"),
        base.mark_point(style="hollow", size=70).encode(x="train:Q", shape=drawing.shape(results.models)),
        base.mark_point(filled=True, size=90).encode(x=x, shape=drawing.shape(results.models)),
    ]
    table = metrics_table(results, dataset, ("train_accuracy", "accuracy", "overfit"))
    title, height = f"Training and test accuracy on {dataset}", drawing.ROW * len(results.models)
    return drawing.figure(f"overfit-{dataset}", title, layers, {"means": records}, table, height=height)
