"""Matrices as heat maps: weights of step against step, gradients of family against family."""

from collections.abc import Sequence

import altair as alt

from timeshare.report.cells import Cell, Table
from timeshare.report.figures.parts import Figure, chart, figure
from timeshare.report.results import Row
from timeshare.report.wording import decimal

MOST_LINES = 24  # lines of a matrix that a phone still shows apart; of longer ones, every n-th
# One scale for every matrix, so that equal cosines look alike side by side.
_COSINES = alt.Scale(scheme="purpleorange", domain=[-1, 1], reverse=True)


def similarity_figure(rows: Sequence[Row], dataset: str, model: str) -> Figure | None:
    """How alike a model's weights are at each two steps, from similarity.csv."""
    steps = sorted({int(row["step_a"]) for row in rows})
    if not steps:
        return None
    stride = -(-len(steps) // MOST_LINES)
    shown = [str(step + 1) for step in steps[::stride]]
    cells = {
        (str(int(row["step_a"]) + 1), str(int(row["step_b"]) + 1)): float(row["similarity"])
        for row in rows
        if int(row["step_a"]) % stride == int(row["step_b"]) % stride == 0
    }
    name, title = f"similarity-{model}-{dataset}", f"Similarity of the weights of {model} at each two steps, {dataset}"
    return _matrix(name, title, cells, shown, "step", height=300)


def interference_figure(rows: Sequence[Row], dataset: str, model: str) -> Figure | None:
    """The cosine between the gradients of each two families of sentences, from interference.csv."""
    cells = {(row["family_a"], row["family_b"]): float(row["cosine"]) for row in rows if row["cosine"]}
    names = list(dict.fromkeys(family for pair in cells for family in pair))
    if len(names) < 3:
        return None  # one number, which the table has
    name, title = f"interference-{model}-{dataset}", f"Cosine of the gradients of {model}, {dataset}"
    return _matrix(name, title, cells, names, None, height=40 + 24 * len(names))


def _matrix(
    name: str, title: str, cells: dict[tuple[str, str], float], lines: Sequence[str], axis: str | None, *, height: int
) -> Figure:
    records = [{"row": row, "column": column, "value": round(value, 3)} for (row, column), value in cells.items()]
    layers = [
        chart("cells")
        .mark_rect()
        .encode(
            x=alt.X("column:N", title=axis, sort=list(lines), axis=alt.Axis(labelOverlap=True)),
            y=alt.Y("row:N", title=axis, sort=list(lines), axis=alt.Axis(labelOverlap=True)),
            color=alt.Color("value:Q", title=None, scale=_COSINES, legend=alt.Legend(orient="bottom", format=".1f")),
            tooltip=["row:N", "column:N", alt.Tooltip("value:Q", format=".2f")],
        )
    ]
    absent = Cell("\N{EN DASH}")
    rows = [
        (
            Cell(row),
            *(Cell(decimal(cells[row, column])) if (row, column) in cells else absent for column in lines),
        )
        for row in lines
    ]
    return figure(name, title, layers, {"cells": records}, Table(f"{title}.", ["", *lines], rows), height=height)
