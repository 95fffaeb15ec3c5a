"""The recall task past the window of truncated back-propagation."""

from collections.abc import Iterator, Mapping, Sequence

import altair as alt

from timeshare.report import drawing
from timeshare.report.answer import Answer
from timeshare.report.entries import series_table
from timeshare.report.files import Row, read_rows
from timeshare.report.results import Results
from timeshare.report.statistics import Summary
from timeshare.report.wording import listing, percent, plural, share_with_interval, verdict

METHOD = (
    "A recall task: the first symbol decides, the others are chance. A shared LSTM is trained with gradients through "
    "so many last steps, on lengths from 1 on (mixed) or on long sequences alone. Scored: trained lengths longer than "
    "the window."
)
KEYS = ("studies.memory", "run.studies")
_REGIMES = {
    "mixed": "Recall after training on lengths from 1 on, by window",
    "long": "Recall after training on long sequences alone, by window",
}


def answer(results: Results) -> Answer:
    """Accuracy past each window, against chance."""
    study = results.studies["memory"]
    classes = int(study.facts["symbols"])
    found: dict[str, list[str]] = {}
    above = []
    for variant in study.variants:
        summary = results.study_summary(study, variant, "trained")
        if summary is None or variant.keys["window"] is None:
            continue
        regime = str(variant.keys["regime"])
        found.setdefault(regime, []).append(
            f"{share_with_interval(summary)} with a window of {plural(int(variant.keys['window']), 'step')}"
        )
        if regime == "mixed":
            above.append(None if summary.low is None else 1 if summary.low > 1 / classes else 0)
    first = (
        "Trained on short and long sequences, a net still recalls the first symbol of sequences that are longer than "
        f"the window of its gradients: {listing(found.get('mixed', []))}"
    )
    sentences = [f"{first}; guessing gets {percent(1 / classes)}."]
    if "long" in found:
        sentences.append(f"Trained on long sequences alone: {listing(found['long'])}.")

    def draw() -> Iterator[drawing.Figure | None]:
        rows, end = read_rows(study.folder / "accuracy.csv"), int(study.facts["longest"])
        for regime, title in _REGIMES.items():
            yield _windows_figure(results, f"memory-{regime}", title, _by_length(rows, regime), end, classes)

    said = verdict(above, yes="Yes", no="No", same="No better than chance", where="with {} of {} windows")
    return Answer(said, sentences, draw=draw)


def _by_length(rows: Sequence[Row], regime: str) -> dict[str, dict[int, list[float]]]:
    """Window -> length -> accuracy by seed."""
    series: dict[str, dict[int, list[float]]] = {}
    for row in rows:
        if row["regime"] == regime:
            name = plural(int(row["window"]), "step") if row["window"] else "all steps"
            share = int(row["correct"]) / int(row["rows"])
            series.setdefault(name, {}).setdefault(int(row["length"]), []).append(share)
    return series


def _windows_figure(
    results: Results,
    name: str,
    title: str,
    series: Mapping[str, Mapping[int, Sequence[float]]],
    end: int,
    classes: int,
) -> drawing.Figure | None:
    """Accuracy against length for each series, told apart by dash and marker.

    Args:
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
