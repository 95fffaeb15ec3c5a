"""Holding the last weights against cycling through all, within each model that has an extent."""

from collections.abc import Sequence

from timeshare.models.settings import BagOfWordsSettings
from timeshare.report.answer import Answer, not_measured
from timeshare.report.entries import ABSENT, Entry, Table, difference_entry, model_entry, value_entry
from timeshare.report.learned import beats_guessing
from timeshare.report.results import Results
from timeshare.report.roles import signs
from timeshare.report.statistics import Comparison
from timeshare.report.tables import untrained_rows
from timeshare.report.wording import ACCURATE, compared, listing, verdict

METHOD = (
    "The same trained model scored twice on texts longer than its steps: once it keeps the weights of the last step "
    "(hold), once it begins again with those of the first (cycle). A choice made when the model is used, not when it "
    "is trained. Where neither beats guessing there is nothing to choose."
)
KEYS = ("evaluate.rules", "models", "run.models")
_RULES = ("length_score/hold", "length_score/cycle")


def answer(results: Results) -> Answer:
    """Compare the two rules wherever one of them beats guessing."""
    found: dict[str, list[tuple[str, Comparison]]] = {}
    idle: dict[str, list[str]] = {}
    for model in results.models:
        for dataset in results.datasets:
            difference = results.compare(dataset, model, model, *_RULES)
            if difference and any(beats_guessing(results, dataset, model, rule) for rule in _RULES):
                found.setdefault(model, []).append((dataset, difference))
            elif difference:
                idle.setdefault(model, []).append(dataset)
    neither = listing([f"`{model}` on {listing(datasets)}" for model, datasets in idle.items()])
    neither = f"Neither rule beats guessing with {neither}" if idle else ""
    if not found:
        return not_measured(
            neither
            or "`run.models` has no model with an extent, or no dataset has texts beyond it, or `evaluate.rules` one "
            "rule"
        )
    return Answer(
        verdict(
            signs([one for differences in found.values() for one in differences]),
            yes="Keep the last weights",
            no="Begin again with the first",
            where="in {} of {} cases",
        ),
        [
            *(
                f"Past the last step of `{model}`, keeping the last weights is, compared with beginning again, "
                f"{compared(items, ACCURATE)}."
                for model, items in found.items()
            ),
            *([f"{neither}."] if neither else []),
        ],
        _table(results, list(found)),
    )


def _table(results: Results, models: Sequence[str]) -> Table:
    """Length scores by rule beyond the extent, and their difference."""
    rows = []
    for dataset in results.datasets:
        for model in models:
            scores = [results.summary(dataset, model, rule) for rule in _RULES]
            if any(scores):
                difference = results.compare(dataset, model, model, *_RULES)
                entries = (value_entry("length_score", score) for score in scores)
                rows.append((Entry(dataset), model_entry(model), *entries, difference_entry(difference)))
        # To models without an extent, and to those that are not trained, a rule is nothing.
        for model in results.models:
            score = results.summary(dataset, model, "length_score")
            if score and isinstance(results.params.models[model], BagOfWordsSettings):
                rows.append((Entry(dataset), model_entry(model), *[value_entry("length_score", score)] * 2, ABSENT))
        for name, level in untrained_rows(results, dataset, ["length_score"]):
            rows.append((Entry(dataset), name, level, level, ABSENT))
    columns = ["model", "last weights kept", "weights repeated", "difference"]
    return Table("Length score by rule beyond the extent, over seeds.", columns, rows, grouped=True)
