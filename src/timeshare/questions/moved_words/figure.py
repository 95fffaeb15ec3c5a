"""Order invariance against order sensitivity."""

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import METRICS
from timeshare.report.results import Results
from timeshare.report.tables import metrics_table

_SCALE = alt.Scale(domain=[-0.02, 1.02], nice=False)
_TICKS = (0, 0.25, 0.5, 0.75, 1)


def order_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Invariance against sensitivity, with lines of equal order score (their harmonic mean)."""
    means: list[drawing.Record] = []
    seeds: list[drawing.Record] = []
    for model in results.models:
        across = results.summary(dataset, model, "order_invariance")
        up = results.summary(dataset, model, "order_sensitivity")
        if across is None or up is None:
            continue
        bounds = {f"x_{name}": value for name, value in drawing.summary_record(across).items()}
        bounds |= {f"y_{name}": value for name, value in drawing.summary_record(up).items()}
        means.append({"model": model, **bounds})
        invariance = results.values(dataset, model, "order_invariance").values()
        sensitivity = results.values(dataset, model, "order_sensitivity").values()
        seeds += [{"model": model, "x": x, "y": y} for x, y in zip(invariance, sensitivity, strict=True)]
    if not means:
        return None
    x = alt.X("x_mean:Q", title="order invariance", scale=_SCALE, axis=drawing.share_axis(values=_TICKS))
    y = alt.Y("y_mean:Q", title="order sensitivity", scale=_SCALE, axis=drawing.share_axis(values=_TICKS))
    contours = drawing.chart("contours").encode(x=alt.X("x:Q"), y=alt.Y("y:Q"), detail="score:N")
    base = drawing.chart("means").encode(x=x, y=y, color=drawing.colour(results.models), opacity=drawing.focused(1))
    layers = [
        contours.mark_line(style="contour"),
        contours.transform_filter("datum.last").mark_text(style="note", align="right", dy=-7).encode(text="label:N"),
        drawing.chart("seeds")
        .mark_point(filled=True, size=26)
        .encode(
            x="x:Q",
            y="y:Q",
            color=drawing.colour(results.models),
            shape=drawing.shape(results.models),
            opacity=drawing.focused(0.45),
        ),
        base.mark_rule(strokeWidth=1.6).encode(x="x_low:Q", x2="x_high:Q"),
        base.mark_rule(strokeWidth=1.6).encode(y="y_low:Q", y2="y_high:Q"),
        base.mark_point(filled=True, size=120).encode(
            shape=drawing.shape(results.models),
            tooltip=[
                "model:N",
                drawing.share_tip("x_mean", METRICS["order_invariance"]),
                drawing.share_tip("y_mean", METRICS["order_sensitivity"]),
            ],
        ),
    ]
    table = metrics_table(results, dataset, ("order_invariance", "order_sensitivity", "order_score"))
    data = {"contours": _contours(), "means": means, "seeds": seeds}
    return drawing.figure(
        f"order-{dataset}", f"Invariance against sensitivity on {dataset}", layers, data, table, height=320
    )


def _contours() -> list[drawing.Record]:
    """Lines of equal harmonic mean s: y = s x / (2 x - s)."""
    records: list[drawing.Record] = []
    for score in (0.25, 0.5, 0.75, 0.9):
        start = score / (2 - score)  # where y is 1
        for step in range(33):
            x = start + (1 - start) * (step / 32) ** 2
            record = {"score": score, "x": x, "y": score * x / (2 * x - score)}
            records.append(record | {"last": step == 32, "label": f"score {score:.0%}"})
    return records
