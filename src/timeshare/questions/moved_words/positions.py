"""Accuracy against the position of the word that decides."""

from collections.abc import Iterator

import altair as alt
import numpy as np

from timeshare.report import drawing
from timeshare.report.entries import series_table
from timeshare.report.files import Row
from timeshare.report.results import Results
from timeshare.report.statistics import Summary

FEWEST_TEXTS = 5  # of a position: the accuracy of fewer says nothing
_KINDS = {"unseen": "positions that training never had", "seen": "positions that training had"}


def positions_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Accuracy by position of the deciding word, apart for words that training had there and had only elsewhere."""
    found = {
        (kind, position, model): summary
        for kind in _KINDS
        for model in results.models
        for position, summary in _by_position(results, dataset, model, kind)
    }
    if not found:
        return None
    records: list[drawing.Record] = [
        {"kind": kind, "position": position, "model": model, **drawing.summary_record(summary)}
        for (kind, position, model), summary in found.items()
    ]
    # Ticks of Vega's own choice would name a position twice where there are few.
    steps = alt.Axis(values=sorted({position for _, position, _ in found}), format="d", labelOverlap=True)
    x = alt.X("position:Q", title="position of the deciding word", axis=steps, scale=alt.Scale(zero=False))
    layers = drawing.series(
        results.models,
        drawing.chart("means").transform_filter("datum.kind === kind").encode(x=x),
        alt.Y("mean:Q", title="accuracy", scale=drawing.SHARES, axis=drawing.share_axis()),
        ["model:N", "position:Q", *drawing.interval_tips("accuracy")],
        size=60,
    )
    table = series_table(
        f"Accuracy on {dataset} by position of the deciding word: mean over seeds with its interval.",
        ["position", *results.models],
        (
            ([name, str(position)], [found.get((kind, position, model)) for model in results.models], constant)
            for kind, name in _KINDS.items()
            for position, constant in _constant(results, dataset, kind)
        ),
        len(results.datasets[dataset].classes),
        grouped=True,
    )
    title = f"Accuracy by position of the deciding word on {dataset}"
    return drawing.figure(
        f"position-{dataset}", title, layers, {"means": records}, table, drawing.radio("kind", _KINDS), height=260
    )


def _by_position(results: Results, dataset: str, model: str, kind: str) -> Iterator[tuple[int, Summary]]:
    """(position from 1, accuracy over seeds) where there are enough texts."""
    shares: dict[int, list[float]] = {}
    for seed in results.seeds:
        for position, texts, row in _rows(results, dataset, model, seed, kind):
            shares.setdefault(position, []).append(int(row["correct"]) / texts)
    if shares:
        summaries = results.summarise_rows(np.array(list(shares.values())), dataset, model, "position", kind)
        yield from zip(shares, summaries, strict=True)


def _constant(results: Results, dataset: str, kind: str) -> list[tuple[int, float]]:
    """(position from 1, accuracy of a constant answer), in rising order; the texts are the same for all models."""
    rows = _rows(results, dataset, results.models[0], results.seeds[0], kind)
    return sorted((position, int(row["constant"]) / texts) for position, texts, row in rows)


def _rows(results: Results, dataset: str, model: str, seed: int, kind: str) -> Iterator[tuple[int, int, Row]]:
    """(position from 1, texts, row) where there are enough texts."""
    for row in results.read_table(dataset, model, seed, "positions.csv"):
        if row["kind"] == kind and int(row["rows"]) >= FEWEST_TEXTS:
            yield int(row["position"]) + 1, int(row["rows"]), row
