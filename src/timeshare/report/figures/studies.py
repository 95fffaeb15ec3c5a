"""What the studies compare: variants that are no models of the run, and so are drawn without a model's colour."""

from collections.abc import Mapping, Sequence

import altair as alt

from timeshare.report.cells import ABSENT, UNTRAINED, UNTRAINED_COLUMNS, Cell, Table, untrained_cells, value_cell
from timeshare.report.figures.parts import (
    ROW,
    SHARES,
    Figure,
    Record,
    chart,
    dashed,
    figure,
    interval_tips,
    radio,
    share_axis,
    share_scale,
    summary_record,
)
from timeshare.report.results import Results, Study, Variant
from timeshare.report.statistics import Summary
from timeshare.report.wording import percent


def variants_figure(
    results: Results, study: Study, title: str, labels: Mapping[str, Variant], metrics: Mapping[str, str]
) -> Figure | None:
    """Metrics of each variant: mean, interval, and a tick for each seed.

    Args:
        results: of the run, for its statistics.
        study: whose variants.
        title: heading.
        labels: what the page calls each variant, in order.
        metrics: the shares shown and what the page calls them; the reader chooses one.
    """
    means: list[Record] = []
    seeds: list[Record] = []
    rows = []
    for metric, name in metrics.items():
        for label, variant in labels.items():
            summary = results.study_summary(study, variant, metric)
            if summary is None:
                continue
            place = {"variant": label, "metric": metric}
            means.append(place | summary_record(summary))
            seeds += [place | {"value": value} for value in variant.metrics[metric].values()]
            rows.append((Cell(name), Cell(label), value_cell("accuracy", summary), Cell(str(summary.n))))
        for label, known in study.facts.get("baselines", {}).items():
            if metric in known:
                rows.append((Cell(name), Cell(_untrained(label)), Cell(percent(known[metric])), ABSENT))
    if not means:
        return None
    measured = {metric: name for metric, name in metrics.items() if any(one["metric"] == metric for one in means)}
    y = alt.Y("variant:N", title=None, sort=list(labels), axis=alt.Axis(domain=False, ticks=False, labelLimit=190))
    base, ticks = (chart(data).transform_filter("datum.metric === metric") for data in ("means", "seeds"))
    scale = share_scale(record["value"] for record in seeds)
    layers = [
        base.mark_rule(style="value-line", strokeWidth=2).encode(y=y, x=alt.X("low:Q", scale=scale), x2="high:Q"),
        ticks.mark_tick(style="value-line", size=14, opacity=0.5).encode(y=y, x=alt.X("value:Q", scale=scale)),
        base.mark_point(style="value-point", size=80).encode(
            y=y,
            x=alt.X("mean:Q", title=None, scale=scale, axis=share_axis(grid=True)),
            tooltip=["variant:N", *interval_tips("mean")],
        ),
    ]
    table = Table(f"{title}: mean over seeds with its interval.", ["", "value", "seeds"], rows, grouped=True)
    data = {"means": means, "seeds": seeds}
    choice = radio("metric", measured)
    return figure(f"study-{study.kind}", title, layers, data, table, choice, height=ROW * len(labels))


def _untrained(label: str) -> str:
    """What the page calls a baseline: `parity: constant` -> `parity: constant (majority)`."""
    *prefix, name = label.split(": ")
    return ": ".join([*prefix, UNTRAINED[name]])


def lines_figure(
    results: Results,
    name: str,
    title: str,
    series: Mapping[str, Mapping[int, Sequence[float]]],
    end: int,
    classes: int,
) -> Figure | None:
    """Accuracy against length for each series, told apart by dash and marker.

    Args:
        results: of the run, for its statistics.
        name: of the figure.
        title: heading.
        series: label -> length -> accuracy by seed.
        end: the longest training sequence.
        classes: equally frequent ones, so that a constant answer is as good as a guess.
    """
    records: list[Record] = []
    summaries: dict[tuple[str, int], Summary] = {}
    for label, by_length in series.items():
        for length, values in by_length.items():
            summary = results.summarise(dict(enumerate(values)), "study", name, label, str(length))
            if summary:
                summaries[label, length] = summary
                records.append({"series": label, "length": length, **summary_record(summary)})
    if not records:
        return None
    legend = alt.Legend(orient="bottom", title=None, columns=2, symbolSize=70)
    x = alt.X("length:Q", title="length", scale=alt.Scale(nice=False))
    # The figures of a study stand side by side: one scale for all.
    y = alt.Y("mean:Q", title="accuracy", scale=SHARES, axis=share_axis())
    base = chart("points").encode(x=x, y=y)
    layers = [
        chart("end").mark_rule(style="boundary").encode(x="end:Q"),
        chart("end").mark_text(style="note", align="left", dx=6, y="height", dy=-9).encode(x="end:Q", text="label:N"),
        dashed(base.mark_line(style="value-line", strokeWidth=1.6), "series", list(series)),
        base.mark_point(style="value-point", size=34).encode(
            shape=alt.Shape("series:N", scale=alt.Scale(domain=list(series)), legend=legend),
            tooltip=["series:N", "length:Q", *interval_tips("mean")],
        ),
    ]
    lengths = sorted({length for _, length in summaries})
    rows = [
        (
            Cell(str(length)),
            *(value_cell("accuracy", summaries.get((label, length))) for label in series),
            *untrained_cells(1 / classes, classes),
        )
        for length in lengths
    ]
    data = {"points": records, "end": [{"end": end + 0.5, "label": f"training ends at {end}"}]}
    table = Table(f"{title}: mean over seeds with its interval.", ["length", *series, *UNTRAINED_COLUMNS], rows)
    return figure(name, title, layers, data, table, height=270)
