"""The next-token loss at several weights against none."""

from timeshare.report.answer import Answer, not_measured
from timeshare.report.figures.variants import variants_figure
from timeshare.report.records import Variant
from timeshare.report.results import Results
from timeshare.report.roles import signs, study_differences
from timeshare.report.wording import HIGHER, compared, verdict

METHOD = (
    "The shared LSTM on sentences, with the loss of the next token added at several weights, compared seed by seed "
    "with weight 0."
)
KEYS = ("studies.next_token", "training.next_token_weight", "run.studies")
_SCORES = {"accuracy": "accuracy", "order_score": "order score", "length_score": "length score"}


def answer(results: Results) -> Answer:
    """Compare each weight with weight 0, seed by seed."""
    study = results.studies["next_token"]
    plain = next((variant for variant in study.variants if not variant.keys["weight"]), None)
    others = [variant for variant in study.variants if variant is not plain]
    if plain is None or not others:
        return not_measured("`studies.next_token.weights` needs 0 and another weight")
    pairs = [(_weight(one), one, plain) for one in others]
    found = {metric: study_differences(results, study, pairs, metric) for metric in _SCORES}
    sentences = [
        f"Compared with training on classes alone, the {_SCORES[metric]} is {compared(items, HIGHER, where='at')}."
        for metric, items in found.items()
        if items
    ]
    names = {_weight(variant): variant for variant in study.variants}
    shown = {**_SCORES, "order_invariance": "order invariance", "order_sensitivity": "order sensitivity"}
    return Answer(
        verdict(signs(found["accuracy"]), yes="Yes", no="No, it costs", where="at {} of {} weights"),
        sentences,
        draw=lambda: [variants_figure(results, study, "Scores by the weight of the next-token loss", names, shown)],
    )


def _weight(variant: Variant) -> str:
    return f"weight {variant.keys['weight']:g}"
