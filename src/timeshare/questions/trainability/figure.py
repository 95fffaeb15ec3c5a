"""The expected best validation accuracy against the number of trials."""

import math

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import series_table
from timeshare.report.results import Results

_MARKED = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def expected_best_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """A curve with its interval for each model that was tuned; None where none was."""
    curves = {model: best for model in results.models if (best := results.expected_best(dataset, model))}
    if not curves:
        return None
    records: list[drawing.Record] = [
        {"model": model, "trials": number, **drawing.summary_record(estimate)}
        for model, best in curves.items()
        for number, estimate in enumerate(best, start=1)
    ]
    last = max(len(best) for best in curves.values())
    ticks = [*(number for number in _MARKED if number < last), last]
    # Between round numbers: accuracies that are far from 1 would lie in a band.
    least, most = min(record["low"] for record in records), max(record["high"] for record in records)
    shares = alt.Scale(domain=[math.floor(20 * least) / 20, math.ceil(20 * most + 0.01) / 20])
    scale = alt.Scale(type="log", base=2, domain=[1, max(2, last)], nice=False)
    *lines, points = drawing.series(
        results.models,
        drawing.chart("bests").encode(
            x=alt.X(
                "trials:Q",
                title="trials",
                scale=scale,
                axis=alt.Axis(values=ticks, format="d", labelOverlap=True),
            )
        ),
        alt.Y("mean:Q", title="expected best validation accuracy", scale=shares, axis=drawing.share_axis()),
        ["model:N", "trials:Q", *drawing.interval_tips("expected best")],
        size=36,
        bands=True,
    )
    layers = [*lines, points.transform_filter(alt.FieldOneOfPredicate(field="trials", oneOf=ticks))]
    guess = max(tuning.choice.guess_accuracy for model in curves if (tuning := results.tuning(dataset, model)))
    rows = (
        ([str(number)], [best[number - 1] if number <= len(best) else None for best in curves.values()], guess)
        for number in ticks
    )
    title = f"Best of so many random settings on {dataset}"
    table = series_table(
        f"{title}: expected validation accuracy with its interval over trials.",
        ["trials", *curves],
        rows,
        len(results.datasets[dataset].classes),
    )
    return drawing.figure(f"trials-{dataset}", title, layers, {"bests": records}, table, height=270)
