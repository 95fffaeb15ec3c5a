"""Q9 and Q15: how the shared weights are trained: through a short window, and with the next token as a further task."""

from collections.abc import Sequence

from timeshare.report.answers.parts import Answer, lacks_study, not_measured
from timeshare.report.figures import lines_figure, variants_figure
from timeshare.report.results import Results, Row, Variant
from timeshare.report.wording import Direction, compared, listing, percent, plural, share_with_interval, verdict

_WINDOW = "With gradients through a short window only, is structure longer than the window learned?"
_WINDOW_METHOD = (
    "A recall task: the first symbol decides, the others are chance. A shared LSTM is trained with gradients through "
    "so many last steps, on lengths from 1 on (mixed) or on long sequences alone. Scored: trained lengths longer than "
    "the window."
)
_REGIMES = {
    "mixed": "Recall after training on lengths from 1 on, by window",
    "long": "Recall after training on long sequences alone, by window",
}
_NEXT = "Does predicting the next token, as shared weights are usually trained, help to classify?"
_NEXT_METHOD = (
    "The shared LSTM on sentences, with the loss of the next token added at several weights, compared seed by seed "
    "with weight 0."
)


def window(results: Results) -> Answer:
    """Truncated back-propagation on the recall task."""
    keys = ("studies.memory", "run.studies")
    study = results.studies.get("memory")
    if study is None:
        return not_measured(_WINDOW, lacks_study(results, "memory"), _WINDOW_METHOD, keys)
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
    return Answer(
        question=_WINDOW,
        verdict=verdict(above, yes="Yes", no="No", same="No better than chance", where="with {} of {} windows"),
        sentences=sentences,
        method=_WINDOW_METHOD,
        keys=keys,
        draw=lambda: [
            lines_figure(
                results,
                f"memory-{regime}",
                title,
                _by_length(study.table, regime),
                end=int(study.facts["longest"]),
                classes=classes,
            )
            for regime, title in _REGIMES.items()
        ],
    )


def next_token(results: Results) -> Answer:
    """The next-token loss at several weights against none."""
    keys = ("studies.next_token", "training.next_token_weight", "run.studies")
    study = results.studies.get("next_token")
    if study is None:
        return not_measured(_NEXT, lacks_study(results, "next_token"), _NEXT_METHOD, keys)
    plain = next((variant for variant in study.variants if not variant.keys["weight"]), None)
    others = [variant for variant in study.variants if variant is not plain]
    if plain is None or not others:
        return not_measured(_NEXT, "`studies.next_token.weights` needs 0 and another weight", _NEXT_METHOD, keys)
    words = Direction("higher", "lower")
    names = {
        "accuracy": "accuracy",
        "order_score": "order score",
        "length_score": "length score",
    }
    found = {
        metric: [
            (_weight(one), difference)
            for one in others
            if (difference := results.study_difference(study, one, plain, metric))
        ]
        for metric in names
    }
    sentences = [
        f"{name.capitalize()} against no next-token loss: {compared(items, words, where='at')}."
        for (metric, name), items in zip(names.items(), found.values(), strict=True)
        if items
    ]
    return Answer(
        question=_NEXT,
        verdict=verdict(
            [item.sign for _, item in found["accuracy"]], yes="Yes", no="No, it costs", where="at {} of {} weights"
        ),
        sentences=sentences,
        method=_NEXT_METHOD,
        keys=keys,
        draw=lambda: [
            variants_figure(
                results,
                study,
                "Scores by the weight of the next-token loss",
                {_weight(variant): variant for variant in study.variants},
                {**names, "order_invariance": "order invariance", "order_sensitivity": "order sensitivity"},
            )
        ],
    )


def _weight(variant: Variant) -> str:
    return f"weight {variant.keys['weight']:g}"


def _by_length(rows: Sequence[Row], regime: str) -> dict[str, dict[int, list[float]]]:
    """Window -> length -> accuracy by seed."""
    series: dict[str, dict[int, list[float]]] = {}
    for row in rows:
        if row["regime"] == regime:
            name = plural(int(row["window"]), "step") if row["window"] else "all steps"
            share = int(row["correct"]) / int(row["rows"])
            series.setdefault(name, {}).setdefault(int(row["length"]), []).append(share)
    return series
