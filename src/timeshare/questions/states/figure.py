"""The states that a model passes through as it reads texts that resemble each other."""

from collections.abc import Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.entries import ABSENT, Entry, Table
from timeshare.report.files import Row
from timeshare.report.wording import decimal


def states_figure(rows: Sequence[Row], dataset: str, model: str, group: str) -> drawing.Figure | None:
    """The paths of one group's texts, token by token, in the plane in which the file's states differ most."""
    chosen = [row for row in rows if row["group"] == group]
    if not chosen:
        return None
    members = list(dict.fromkeys(row["member"] for row in chosen))
    texts = {member: " ".join(row["token"] for row in chosen if row["member"] == member) for member in members}
    records: list[drawing.Record] = [
        {
            "text": texts[row["member"]],
            "step": int(row["step"]),
            "token": row["token"],
            "x": float(row["x"]),
            "y": float(row["y"]),
            "distance": float(row["distance"]) if row["distance"] else None,
        }
        for row in chosen
    ]
    bare = alt.Axis(labels=False, ticks=False, grid=False)
    base = drawing.chart("states").encode(
        x=alt.X("x:Q", title=None, axis=bare, scale=alt.Scale(zero=False, padding=30)),
        y=alt.Y("y:Q", title=None, axis=bare, scale=alt.Scale(zero=False, padding=14)),
    )
    tips = ["step:Q", "token:N", alt.Tooltip("distance:Q", format=".2f")]
    line, points = drawing.named_series(base, "text", list(texts.values()), tips, width=1.2, size=50, columns=1)
    layers = [line.encode(order="step:Q", opacity=alt.value(0.6)), points]
    layers.append(base.mark_text(style="note", dy=-11).encode(text="token:N"))
    table = Table(
        f"Distance from the state of the first text of {group}, where 1 is usual between unrelated texts.",
        ["token", "step", "distance"],
        [
            (
                Entry(record["text"]),
                Entry(record["token"]),
                Entry(str(record["step"])),
                ABSENT if record["distance"] is None else Entry(decimal(record["distance"])),
            )
            for record in records
        ],
        grouped=True,
    )
    title = f"States of {model} on {dataset}: {group.replace('_', ' ')}"
    return drawing.figure(f"states-{model}-{dataset}-{group}", title, layers, {"states": records}, table, height=280)
