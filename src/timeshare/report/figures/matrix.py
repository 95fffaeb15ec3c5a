"""A matrix of cosines as a heat map."""

from collections.abc import Mapping, Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import ABSENT, Entry, Table
from timeshare.report.wording import decimal

# One scale for every matrix, so that equal cosines look alike side by side.
_COSINES = alt.Scale(scheme="purpleorange", domain=[-1, 1], reverse=True)


def matrix_figure(
    name: str,
    title: str,
    cosines: Mapping[tuple[str, str], float],
    lines: Sequence[str],
    axis: str | None,
    *,
    height: int,
) -> drawing.Figure:
    """A square matrix.

    Args:
        cosines: by (row, column); a pair that is not there stays empty.
        lines: names of the rows, and of the columns, in order.
        axis: what they are; None: their names say it.
    """
    records = [{"row": row, "column": column, "value": round(value, 3)} for (row, column), value in cosines.items()]
    layers = [
        drawing.chart("cosines")
        .mark_rect()
        .encode(
            x=alt.X("column:N", title=axis, sort=list(lines), axis=alt.Axis(labelOverlap=True)),
            y=alt.Y("row:N", title=axis, sort=list(lines), axis=alt.Axis(labelOverlap=True)),
            color=alt.Color("value:Q", title=None, scale=_COSINES, legend=alt.Legend(orient="bottom", format=".1f")),
            tooltip=["row:N", "column:N", alt.Tooltip("value:Q", format=".2f")],
        )
    ]
    rows = [
        (
            Entry(row),
            *(Entry(decimal(cosines[row, column])) if (row, column) in cosines else ABSENT for column in lines),
        )
        for row in lines
    ]
    return drawing.figure(
        name, title, layers, {"cosines": records}, Table(f"{title}.", ["", *lines], rows), height=height
    )
