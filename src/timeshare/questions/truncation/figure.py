"""Accuracy against length, by window."""

from collections.abc import Mapping, Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import series_table
from timeshare.report.results import Results
from timeshare.report.statistics import Summary


def windows_figure(
    results: Results,
    name: str,
    title: str,
    series: Mapping[str, Mapping[int, Sequence[float]]],
    end: int,
    classes: int,
) -> drawing.Figure | None:
    """Accuracy against length for each series, told apart by dash and marker.

    Args:
        results: of the run, for its statistics.
        name: of the figure.
        title: heading.
        series: label -> length -> accuracy by seed.
        end: the longest training sequence.
        classes: equally frequent ones, so that a constant answer is as good as a guess.
    """
    records: list[drawing.Record] = []
    summaries: dict[tuple[str, int], Summary] = {}
    for label, by_length in series.items():
        for length, values in by_length.items():
            summary = results.summarise(dict(enumerate(values)), "study", name, label, str(length))
            if summary:
                summaries[label, length] = summary
                records.append({"series": label, "length": length, **drawing.summary_record(summary)})
    if not records:
        return None
    # The figures of the study stand side by side: one scale for all.
    base = drawing.chart("points").encode(
        x=alt.X("length:Q", title="length", scale=alt.Scale(nice=False)),
        y=alt.Y("mean:Q", title="accuracy", scale=drawing.SHARES, axis=drawing.share_axis()),
    )
    layers = [
        drawing.chart("end").mark_rule(style="boundary").encode(x="end:Q"),
        drawing.chart("end")
        .mark_text(style="note", align="left", dx=6, y="height", dy=-9)
        .encode(x="end:Q", text="label:N"),
        *drawing.named_series(
            base, "series", list(series), ["length:Q", *drawing.interval_tips("mean")], width=1.6, size=34, columns=2
        ),
    ]
    table = series_table(
        f"{title}: mean over seeds with its interval.",
        ["length", *series],
        (
            ([str(length)], [summaries.get((label, length)) for label in series], 1 / classes)
            for length in sorted({length for _, length in summaries})
        ),
        classes,
    )
    data = {"points": records, "end": [{"end": end + 0.5, "label": f"training ends at {end}"}]}
    return drawing.figure(name, title, layers, data, table, height=270)
