"""The recall task past the window of truncated back-propagation."""

from collections.abc import Iterator, Sequence

from timeshare.questions.truncation.figure import windows_figure
from timeshare.report.answer import Answer
from timeshare.report.drawing import Figure
from timeshare.report.files import Row, read_rows
from timeshare.report.results import Results
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
            f"{share_with_interval(summary)} with {plural(int(variant.keys['window']), 'step')}"
        )
        if regime == "mixed":
            above.append(None if summary.low is None else 1 if summary.low > 1 / classes else 0)
    first = f"Trained on short and long sequences, a net is right past the window in {listing(found.get('mixed', []))}"
    sentences = [f"{first}; chance is {percent(1 / classes)}."]
    if "long" in found:
        sentences.append(f"Trained on long sequences alone: {listing(found['long'])}.")

    def draw() -> Iterator[Figure | None]:
        rows, end = read_rows(study.folder / "accuracy.csv"), int(study.facts["longest"])
        for regime, title in _REGIMES.items():
            yield windows_figure(results, f"memory-{regime}", title, _by_length(rows, regime), end, classes)

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
