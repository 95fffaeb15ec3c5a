"""The shared model on pairs that differ by order alone, and on shuffled text."""

import altair as alt

from timeshare.report import drawing
from timeshare.report.answer import Answer, not_measured
from timeshare.report.entries import Table, model_entry, value_entry
from timeshare.report.figures.models import dots_figure
from timeshare.report.results import Results
from timeshare.report.roles import NO_PAIR, differences, levels, pair, shared_model
from timeshare.report.tables import contrast_table, untrained_rows
from timeshare.report.wording import Direction, compared, listing, verdict

METHOD = (
    "Order sensitivity: the share of pairs with equal words and different labels in which both texts are right. A "
    "model that is blind to order gives both texts one label, and so scores 0 (dashed line). Where no reordering "
    "has a known label, the n-grams of test texts are shuffled, and the figure counts the right predictions that this "
    "changes."
)
KEYS = ("datasets", "run.datasets", "run.models", "run.seeds")


def answer(results: Results) -> Answer:
    """Its order sensitivity, against that of the unshared model, and the predictions that a shuffle changes."""

    def draw() -> list[drawing.Figure | None]:
        return [
            dots_figure(results, dataset, "order_sensitivity", blind=0.0) or _shuffle_figure(results, dataset)
            for dataset in results.datasets
        ]

    shared = shared_model(results)
    if not shared:
        return not_measured(NO_PAIR, draw)
    pairs = levels(results, shared, "order_sensitivity")
    shuffled = levels(results, shared, "shuffle_change")
    if not (pairs or shuffled):
        return not_measured("No dataset of the run changes the order of words", draw)
    sentences = []
    if pairs:
        sentences.append(
            f"Of the pairs of texts that differ by order alone, `{shared}` labels both right in {listing(pairs)}; a "
            "model that is blind to order can get none."
        )
    roles = pair(results)
    found = differences(results, shared, roles[1], "order_sensitivity") if roles else []
    if roles and found:
        words = Direction("more pairs", "fewer pairs", "about as many pairs")
        sentences.append(f"Compared with `{roles[1]}`, `{shared}` labels both right in {compared(found, words)}.")
    if shuffled:
        sentences.append(f"Of the right answers of `{shared}`, shuffling all words changes {listing(shuffled)}.")
    table = contrast_table(results, ("order_sensitivity", "shuffle_change"), shared)
    return Answer(_verdict(results, shared) if pairs else "Shuffles only", sentences, table, draw)


def _verdict(results: Results, shared: str) -> str:
    """Yes where a guess at random is surely beaten."""
    beaten: list[int | None] = []
    for dataset, content in results.datasets.items():
        if summary := results.summary(dataset, shared, "order_sensitivity"):
            guess = 1 / len(content.classes) ** 2
            beaten.append(None if summary.low is None else int(summary.low > guess))
    return verdict(beaten, yes="Yes", no="No", same="No better than guessing")


def _shuffle_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Share of right predictions that shuffling changes, by the size of the n-grams that stay whole."""
    sizes = sorted(
        int(name.partition("/")[2]) for name in results.metrics(dataset) if name.startswith("shuffle_change/")
    )
    records: list[drawing.Record] = [
        {"model": model, "size": size, **drawing.summary_record(summary)}
        for model in results.models
        for size in sizes
        if (summary := results.summary(dataset, model, f"shuffle_change/{size}"))
    ]
    if not records:
        return None
    x = alt.X("size:O", title="tokens kept together (1: full shuffle)", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(domain=[0, max(0.1, *(record["high"] for record in records))], nice=True)
    layers = drawing.series(
        results.models,
        drawing.chart("means").encode(x=x),
        alt.Y("mean:Q", title="right predictions changed", scale=scale, axis=drawing.share_axis()),
        ["model:N", "size:O", *drawing.interval_tips("changed")],
        size=70,
    )
    metrics = [f"shuffle_change/{size}" for size in sizes]
    rows = [
        (model_entry(model), *(value_entry(metric, results.summary(dataset, model, metric)) for metric in metrics))
        for model in results.models
    ]
    rows += untrained_rows(results, dataset, metrics)
    caption = f"Share of right predictions on {dataset} that shuffling changes, by the number of tokens kept together."
    table = Table(caption, ["model", *map(str, sizes)], rows)
    title = f"Predictions that shuffling changes on {dataset}"
    return drawing.figure(f"shuffle-{dataset}", title, layers, {"means": records}, table, height=250)
