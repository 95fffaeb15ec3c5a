"""Scores against the pull."""

from collections.abc import Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.dial import Dial
from timeshare.report.entries import ABSENT, METRICS, UNTRAINED, Entry, Table, value_entry
from timeshare.report.results import Results, Study
from timeshare.report.wording import count, percent

_SCORES = ("accuracy", "length_score", "order_score")


def dial_figure(results: Results, study: Study, places: Sequence[Dial]) -> drawing.Figure:
    """Each dataset's scores from the least pull to the shared net; the reader chooses the score."""
    names = [*(count(pull) for pull in places[0].pulled), "shared"]
    records: list[drawing.Record] = []
    rows: list[tuple[Entry, ...]] = []
    metrics = (*_SCORES, "weight_similarity")
    for place in places:
        for name, net in zip(names, [*place.pulled.values(), place.shared], strict=True):
            levels = {metric: results.study_summary(study, net, metric) for metric in metrics}
            records += [
                {"dataset": place.dataset, "pull": name, "metric": metric, **drawing.summary_record(level)}
                for metric in _SCORES
                if (level := levels[metric])
            ]
            entries = (value_entry(metric, level) for metric, level in levels.items())
            rows.append((Entry(place.dataset), Entry(name), *entries))
        for label, title in UNTRAINED.items():
            if known := study.facts.get("baselines", {}).get(f"{place.dataset}: {label}"):
                shares = (Entry(percent(known[metric])) if metric in known else ABSENT for metric in metrics)
                rows.append((Entry(place.dataset), Entry(title), *shares))
    x = alt.X("pull:N", title="pull", sort=names, axis=alt.Axis(labelAngle=0, grid=False))
    scale = drawing.share_scale(record["low"] for record in records)
    y = alt.Y("mean:Q", title=None, scale=scale, axis=drawing.share_axis())
    base = drawing.chart("means").transform_filter("datum.metric === metric").encode(x=x, y=y)
    bars = base.mark_rule(style="value-line", strokeWidth=1.4, opacity=0.5)
    layers = [
        bars.encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        *drawing.named_series(
            base,
            "dataset",
            [place.dataset for place in places],
            ["pull:N", *drawing.interval_tips("mean")],
            width=1.6,
            size=60,
            columns=3,
        ),
    ]
    title = "Scores from weights for each step to one set"
    shown = {metric: METRICS[metric] for metric in _SCORES if any(one["metric"] == metric for one in records)}
    table = Table(
        f"{title}: mean over seeds with its interval.",
        ["pull", *(METRICS[metric] for metric in metrics)],
        rows,
        grouped=True,
    )
    choice = drawing.radio("metric", shown)
    return drawing.figure("study-pull", title, layers, {"means": records}, table, choice, height=280)
