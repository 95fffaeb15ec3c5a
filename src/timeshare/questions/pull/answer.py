"""The best pull against the shared net, and against no pull."""

from collections.abc import Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.answer import Answer
from timeshare.report.dial import Dial, at_the_best_pull, dials, left_out
from timeshare.report.entries import ABSENT, METRICS, UNTRAINED, Entry, Table, value_entry
from timeshare.report.records import Study
from timeshare.report.results import Results
from timeshare.report.roles import signs, study_differences
from timeshare.report.wording import ACCURATE, HIGHER, compared, count, decimal, listing, percent, verdict

METHOD = (
    "`training.pull` draws the weights of all steps towards their mean: 0 leaves each step its own, and a large one is "
    "the shared net, with which all of them begin, seed by seed. The best pull is that of the highest validation "
    "accuracy, so that the test texts have no say in the choice; among equals it is the largest. The similarity of "
    "steps is the mean cosine between their weights."
)
KEYS = ("studies.pull", "training.pull", "run.studies")


def answer(results: Results) -> Answer:
    """Compare the best place on each dataset with both ends."""
    study = results.studies["pull"]
    places = dials(results, study)
    ends = [(one.dataset, one.free, one.shared) for one in places]
    best = at_the_best_pull(results, study)
    sentences = [
        "Steps whose weights are pulled together as far as validation texts like best are, compared with one set, "
        f"{compared(best, ACCURATE)}.",
        f"With the smallest pull ({_smallest(results)}) they are, compared with one set, "
        f"{compared(study_differences(results, study, ends, 'accuracy'), ACCURATE)}.",
    ]
    for metric, name in (("length_score", "On texts longer than any in training"), ("order_score", "Order score")):
        if found := at_the_best_pull(results, study, metric):
            best_said, smallest_said = (
                compared(each, HIGHER) for each in (found, study_differences(results, study, ends, metric))
            )
            sentences.append(f"{name}, the best pull compared with the shared net: {best_said}.")
            sentences.append(f"{name}, the smallest pull compared with the shared net: {smallest_said}.")
    rises = []
    for one in places:
        levels = [
            (pull, level.mean)
            for pull, net in one.pulled.items()
            if (level := results.study_summary(study, net, "weight_similarity"))
        ]
        said = [f"{decimal(level)} at {count(pull)}" for pull, level in levels]
        rises.append(f"{listing(said)} on {one.dataset}")
    sentences.append(f"Similarity of the steps: {'; '.join(rises)}.")
    return Answer(
        verdict(signs(best), yes="Short of one set", no="At one set", same="No place beats one set"),
        [*sentences, *left_out(study)],
        draw=lambda: [_dial_figure(results, study, places)],
    )


def _smallest(results: Results) -> str:
    pulls = sorted(
        {float(one.keys["pull"]) for one in results.studies["pull"].variants if one.keys["pull"] is not None}
    )
    return "none at all" if pulls[0] == 0 else count(pulls[0])


_SCORES = ("accuracy", "length_score", "order_score")


def _dial_figure(results: Results, study: Study, places: Sequence[Dial]) -> drawing.Figure:
    """Each dataset's scores from the least pull to the shared net; the reader chooses the score."""
    names = [*(count(pull) for pull in places[0].pulled), "shared"]
    records: list[drawing.Record] = []
    rows: list[tuple[Entry, ...]] = []
    metrics = (*_SCORES, "weight_similarity")
    for place in places:
        for name, net in zip(names, [*place.pulled.values(), place.shared], strict=True):
            levels = {metric: results.study_summary(study, net, metric) for metric in metrics}
            records += [
                {"dataset": place.dataset, "pull": name, "metric": metric, **drawing.summary_record(level)}
                for metric in _SCORES
                if (level := levels[metric])
            ]
            entries = (value_entry(metric, level) for metric, level in levels.items())
            rows.append((Entry(place.dataset), Entry(name), *entries))
        for label, title in UNTRAINED.items():
            if known := study.facts.get("baselines", {}).get(f"{place.dataset}: {label}"):
                shares = (Entry(percent(known[metric])) if metric in known else ABSENT for metric in metrics)
                rows.append((Entry(place.dataset), Entry(title), *shares))
    x = alt.X("pull:N", title="pull", sort=names, axis=alt.Axis(labelAngle=0, grid=False))
    scale = drawing.share_scale(record["low"] for record in records)
    y = alt.Y("mean:Q", title=None, scale=scale, axis=drawing.share_axis())
    base = drawing.chart("means").transform_filter("datum.metric === metric").encode(x=x, y=y)
    bars = base.mark_rule(style="value-line", strokeWidth=1.4, opacity=0.5)
    layers = [
        bars.encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        *drawing.named_series(
            base,
            "dataset",
            [place.dataset for place in places],
            ["pull:N", *drawing.interval_tips("mean")],
            width=1.6,
            size=60,
            columns=3,
        ),
    ]
    title = "Scores from weights for each step to one set"
    shown = {metric: METRICS[metric] for metric in _SCORES if any(one["metric"] == metric for one in records)}
    table = Table(
        f"{title}: mean over seeds with its interval.",
        ["pull", *(METRICS[metric] for metric in metrics)],
        rows,
        grouped=True,
    )
    choice = drawing.radio("metric", shown)
    return drawing.figure("study-pull", title, layers, {"means": records}, table, choice, height=280)
