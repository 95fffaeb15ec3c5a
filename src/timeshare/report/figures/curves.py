"""How training went: the learning curves."""

from collections.abc import Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import Entry, Table
from timeshare.report.records import Epoch
from timeshare.report.results import Results
from timeshare.report.wording import count, percent

_LABELS = {
    "valid_accuracy": "validation accuracy",
    "train_accuracy": "training accuracy",
    "valid_loss": "validation loss",
    "train_loss": "training loss",
}
_NOTE = (
    "Thin lines: a seed each; thick ones: their mean, as far as every seed trained. Training accuracy is measured "
    "within the epoch, with dropout: that of the tables, after training, is another."
)
_MOST_TICKS = 10  # of epochs: more than these a reader need not find


def curves_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Accuracies and losses by epoch: a thin line a seed, and the mean as far as every seed trained."""
    seeds: list[drawing.Record] = []
    means: list[drawing.Record] = []
    for model in results.models:
        runs = results.runs(dataset, model)
        for seed, run in zip(results.seeds, runs, strict=True):
            seeds += [_record(model, [epoch]) | {"run": f"{model} {seed}"} for epoch in run.curves]
        means += [_record(model, epochs) for epochs in zip(*(run.curves for run in runs), strict=False)]
    if not means:
        return None
    # Ticks of Vega's own choice would name an epoch twice where there are few.
    last = max(record["epoch"] for record in seeds)
    epochs = list(range(1, last + 1, -(-last // _MOST_TICKS)))
    ticks = alt.Axis(values=epochs, format="d", labelOverlap=True)
    x = alt.X("epoch:Q", axis=ticks, scale=alt.Scale(nice=False, zero=False))
    # One axis serves shares and losses.
    form = "indexof(curve, 'accuracy') >= 0 ? format(datum.value, '.0%') : format(datum.value, '~g')"
    y = alt.Y("value:Q", title=None, axis=alt.Axis(labelExpr=form), scale=alt.Scale(zero=False))
    thin, thick = (
        drawing.chart(data)
        .transform_calculate(value="datum[curve]")
        .encode(x=x, y=y, color=drawing.colour(results.models))
        for data in ("seeds", "means")
    )
    layers = [
        thin.mark_line(strokeWidth=1).encode(detail="run:N", opacity=drawing.focused(0.35)),
        thick.mark_line(strokeWidth=2.2).encode(strokeDash=drawing.dash(results.models), opacity=drawing.focused(1)),
        thick.mark_point(filled=True, size=36).encode(
            shape=drawing.shape(results.models),
            opacity=drawing.focused(1),
            tooltip=["model:N", "epoch:Q", *(alt.Tooltip(f"{name}:Q", title=title) for name, title in _LABELS.items())],
        ),
    ]
    entries = [
        (
            Entry(record["model"]),
            Entry(count(record["epoch"])),
            *(Entry(percent(record[name]) if "accuracy" in name else f"{record[name]:.4f}") for name in _LABELS),
        )
        for record in means
    ]
    caption = f"Learning curves on {dataset}: mean over seeds, as far as every seed trained."
    table = Table(caption, ["epoch", *_LABELS.values()], entries, grouped=True)
    data = {"seeds": seeds, "means": means}
    title = f"Learning curves on {dataset}"
    return drawing.figure(
        f"curves-{dataset}", title, layers, data, table, drawing.radio("curve", _LABELS), height=260, note=_NOTE
    )


def _record(model: str, epochs: Sequence[Epoch]) -> drawing.Record:
    """The mean of an epoch over runs; it counts from 1 for the reader, and four decimals are more than a pixel."""
    means = {name: round(sum(getattr(epoch, name) for epoch in epochs) / len(epochs), 4) for name in _LABELS}
    return {"model": model, "epoch": epochs[0].epoch + 1, **means}
