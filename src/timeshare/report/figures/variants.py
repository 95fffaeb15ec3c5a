"""The variants that a study compares: no models of the run, and so drawn without a model's colour."""

from collections.abc import Mapping

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import ABSENT, UNTRAINED, Entry, Table, value_entry
from timeshare.report.records import Study, Variant
from timeshare.report.results import Results
from timeshare.report.wording import percent

_TALL_ROW = 36  # pixels: a name over its bar


def variants_figure(
    results: Results, study: Study, title: str, labels: Mapping[str, Variant], metrics: Mapping[str, str]
) -> drawing.Figure | None:
    """Metrics of each variant: mean, interval, and a tick for each seed.

    Args:
        labels: what the page calls each variant, in order.
        metrics: the shares shown and what the page calls them; the reader chooses one.
    """
    means: list[drawing.Record] = []
    seeds: list[drawing.Record] = []
    rows = []
    for metric, name in metrics.items():
        for label, variant in labels.items():
            summary = results.study_summary(study, variant, metric)
            if summary is None:
                continue
            place = {"variant": label, "metric": metric}
            means.append(place | drawing.summary_record(summary))
            seeds += [place | {"value": value} for value in variant.metrics[metric].values()]
            rows.append((Entry(name), Entry(label), value_entry("accuracy", summary), Entry(str(summary.n))))
        for label, known in study.facts.get("baselines", {}).items():
            if metric in known:
                rows.append((Entry(name), Entry(_untrained(label)), Entry(percent(known[metric])), ABSENT))
    if not means:
        return None
    measured = {metric: name for metric, name in metrics.items() if any(one["metric"] == metric for one in means)}
    y = alt.Y("variant:N", sort=list(labels), axis=None)
    base, ticks = (drawing.chart(data).transform_filter("datum.metric === metric") for data in ("means", "seeds"))
    scale = drawing.share_scale(record["value"] for record in seeds)
    layers = [
        # A name stands over its bar, where a phone too has room for all of it.
        base.mark_text(style="name", align="left", dy=-9).encode(y=y, x=alt.value(0), text="variant:N"),
        base.mark_rule(style="value-line", strokeWidth=2, yOffset=7).encode(
            y=y, x=alt.X("low:Q", scale=scale), x2="high:Q"
        ),
        ticks.mark_tick(style="value-line", size=14, opacity=0.5, yOffset=7).encode(
            y=y, x=alt.X("value:Q", scale=scale)
        ),
        base.mark_point(style="value-point", filled=True, size=80, yOffset=7).encode(
            y=y,
            x=alt.X("mean:Q", title=None, scale=scale, axis=drawing.share_axis(grid=True)),
            tooltip=["variant:N", *drawing.interval_tips("mean")],
        ),
    ]
    table = Table(f"{title}: mean over seeds with its interval.", ["", "value", "seeds"], rows, grouped=True)
    data = {"means": means, "seeds": seeds}
    choice = drawing.radio("metric", measured)
    return drawing.figure(f"study-{study.kind}", title, layers, data, table, choice, height=_TALL_ROW * len(labels))


def _untrained(label: str) -> str:
    """What the page calls a baseline: `parity: constant` -> `parity: constant (majority)`."""
    *prefix, name = label.split(": ")
    return ": ".join([*prefix, UNTRAINED[name]])
