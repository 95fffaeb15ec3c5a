"""Distances of the shared model's final states, and those of the unshared one."""

from collections.abc import Iterator, Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.answer import Answer, not_measured
from timeshare.report.entries import ABSENT, Entry, Table
from timeshare.report.files import Row
from timeshare.report.results import Results
from timeshare.report.roles import NO_PAIR, pair, shared_model
from timeshare.report.statistics import Summary
from timeshare.report.tables import contrast_table
from timeshare.report.wording import decimal, decimal_with_interval, listing

METHOD = (
    "Texts of a hand-written suite in groups; the distance of each text's last state to that of its group's first "
    "text, in units of the usual distance between unrelated test texts of that length: 1 is as far as unrelated. The "
    "figures show the paths in the plane in which the states differ most, of the first seed."
)
KEYS = ("evaluate.suites", "run.datasets")
_MOST_GROUPS = 4


def answer(results: Results) -> Answer:
    """Which groups of texts end in states that lie close together."""
    shared, roles = shared_model(results), pair(results)
    if not shared:
        return not_measured(NO_PAIR)
    found = {
        (dataset, metric): summary
        for dataset in results.datasets
        for metric in results.metrics(dataset)
        if metric.startswith("state_distance/") and (summary := results.summary(dataset, shared, metric))
    }
    if not found:
        return not_measured("No dataset of the run has a suite with groups of texts (`evaluate.suites`)")
    models = roles or (shared,)
    nearest = sorted(found, key=lambda place: found[place].mean)
    sentences = [
        f"Distance between the states of `{model}` (1: as far as those of unrelated texts): "
        f"{'; '.join(_distances(results, model, nearest))}."
        for model in models
    ]
    table = contrast_table(results, list(dict.fromkeys(metric for _, metric in found)), shared, models)
    return Answer(_nearest(found), sentences, table, lambda: _paths(results, shared, list(found)))


def _distances(results: Results, model: str, places: list[tuple[str, str]]) -> list[str]:
    summaries = [(place, results.summary(place[0], model, place[1])) for place in places]
    return [f"{decimal_with_interval(one)} after {_texts(results, *place)}" for place, one in summaries if one]


def _texts(results: Results, dataset: str, metric: str) -> str:
    """The texts of a group, with its name: “On Monday it was” and “On Tuesday it was” (weekdays)."""
    group = metric.partition("/")[2]
    suite = results.read_document(dataset, results.models[0], results.seeds[0], "suite.json") or {"cases": []}
    texts: list[str] = next((case["texts"] for case in suite["cases"] if case["group"] == group), [])
    name = group.replace("_", " ")
    return f"{listing([f'“{text}”' for text in texts])} ({name})" if texts else f"“{name}”"


def _nearest(found: dict[tuple[str, str], Summary]) -> str:
    """In how many groups the states are surely nearer than those of unrelated texts.

    Which these are, a sentence says of each: one close group proves little, for another that shares something else may
    be as close.
    """
    if any(summary.high is None for summary in found.values()):
        return "Open: one seed"
    near = sum(summary.high is not None and summary.high < 1 for summary in found.values())
    return f"Close in {near} of {len(found)} groups of texts" if near else "No"


def _paths(results: Results, model: str, places: Sequence[tuple[str, str]]) -> Iterator[drawing.Figure | None]:
    for dataset, metric in places[:_MOST_GROUPS]:
        rows = results.read_table(dataset, model, results.seeds[0], "states.csv")
        yield _states_figure(rows, dataset, model, metric.partition("/")[2], _texts(results, dataset, metric))


def _states_figure(rows: Sequence[Row], dataset: str, model: str, group: str, name: str) -> drawing.Figure | None:
    """The paths of one group's texts, token by token, in the plane in which the file's states differ most."""
    chosen = [row for row in rows if row["group"] == group]
    if not chosen:
        return None
    places = list(dict.fromkeys(row["place"] for row in chosen))
    texts = {place: " ".join(row["token"] for row in chosen if row["place"] == place) for place in places}
    records: list[drawing.Record] = [
        {
            "text": texts[row["place"]],
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
    title = f"States of {model} on {dataset} while it reads {name}"
    return drawing.figure(f"states-{model}-{dataset}-{group}", title, layers, {"states": records}, table, height=280)
