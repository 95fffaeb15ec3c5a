"""Whether a probability can be believed: accuracy against confidence, and the calibration error."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import numpy.typing as npt

from timeshare.report import drawing
from timeshare.report.answers import Answers
from timeshare.report.entries import Entry, Table, estimate_entry, model_entry
from timeshare.report.results import Results
from timeshare.report.wording import percent

_BINS = 10  # of confidence, equally wide
_FEWEST = 10  # answers of a bin: the accuracy of fewer says nothing


def calibration_figure(results: Results, dataset: str, answers: Mapping[str, Answers]) -> drawing.Figure | None:
    """Accuracy against confidence: on the diagonal, a model is right as often as it says it is."""
    records: list[drawing.Record] = []
    rows = []
    for model, one in answers.items():
        confidence, right = one.confidence.ravel(), one.right.ravel()
        bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
        for number in range(_BINS):
            inside = bins == number
            if inside.sum() < _FEWEST:
                continue
            said, true = float(confidence[inside].mean()), float(right[inside].mean())
            share = float(inside.mean())
            records.append({"model": model, "said": round(said, 4), "mean": round(true, 4), "share": round(share, 4)})
            entries = (Entry(percent(value)) for value in (said, true, share))
            rows.append((Entry(model), Entry(f"{number / _BINS:.0%} to {(number + 1) / _BINS:.0%}"), *entries))
    if not records:
        return None
    models = results.models
    scale = alt.Scale(domain=[0, 1])
    base = drawing.chart("bins").encode(
        x=alt.X("said:Q", title="confidence: probability of the label given", scale=scale, axis=_axis()),
        y=alt.Y("mean:Q", title="answers that are right", scale=scale, axis=_axis()),
        color=drawing.colour(models),
        opacity=drawing.focused(1),
    )
    tips = [drawing.share_tip("said", "confidence"), drawing.share_tip("mean", "right")]
    layers = [
        drawing.chart("diagonal").mark_line(style="reference").encode(x="at:Q", y="at:Q"),
        base.mark_line(strokeWidth=2).encode(strokeDash=drawing.dash(models)),
        base.mark_point(filled=True, size=50).encode(
            shape=drawing.shape(models), tooltip=["model:N", *tips, drawing.share_tip("share", "of all answers")]
        ),
    ]
    title = f"Is a probability of 80% right 80% of the time? On {dataset}"
    table = Table(
        f"Confidence and accuracy on {dataset}, all seeds together, by confidence.",
        ["confidence", "its mean", "right", "of all answers"],
        rows,
        grouped=True,
    )
    data: dict[str, list[drawing.Record]] = {"bins": records, "diagonal": [{"at": 0}, {"at": 1}]}
    note = "Below the dashed line a model is surer than it should be; ranges with fewer than 10 answers are left out."
    return drawing.figure(f"calibration-{dataset}", title, layers, data, table, height=260, note=note)


def calibration_table(results: Results, dataset: str, answers: Mapping[str, Answers]) -> Table:
    """The expected calibration error of each model: the mean distance of confidence and accuracy (Guo et al.)."""
    rows = []
    for model, one in answers.items():
        errors = {
            seed: calibration_error(confidence, right)
            for seed, confidence, right in zip(results.seeds, one.confidence, one.right, strict=True)
        }
        summary = results.summarise(errors, dataset, model, "calibration")
        sure = Entry(percent(float(one.confidence.mean())))
        rows.append(
            (model_entry(model), estimate_entry(summary, percent), sure, Entry(percent(float(one.right.mean()))))
        )
    return Table(
        "Expected calibration error: how far, on average, the probability of the label given is from the share "
        f"that is right, over {_BINS} ranges of probability (Guo et al. 2017); 0 is perfect.",
        ["model", "calibration error", "mean confidence", "accuracy"],
        rows,
    )


def calibration_error(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """The mean over answers of |accuracy - mean confidence| of their bin of confidence.

    Args:
        confidence: float [N], in [0, 1].
        right: bool [N].

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", with 10 bins.
    """
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, right - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def _axis() -> alt.Axis:
    return drawing.share_axis(values=[0, 0.25, 0.5, 0.75, 1])
