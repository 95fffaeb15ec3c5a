"""Holding the last weights against cycling through all, within each model that has an extent."""

from timeshare.report.answer import Answer, not_measured
from timeshare.report.learned import beats_guessing
from timeshare.report.results import Results
from timeshare.report.roles import signs
from timeshare.report.statistics import Comparison
from timeshare.report.tables import rules_table
from timeshare.report.wording import ACCURATE, compared, listing, verdict

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
            yes="Hold",
            no="Cycle",
            where="in {} of {} cases",
        ),
        [
            *(
                f"Beyond the extent of `{model}`, holding the last weights against cycling: "
                f"{compared(items, ACCURATE)}."
                for model, items in found.items()
            ),
            *([f"{neither}."] if neither else []),
        ],
        rules_table(results, list(found)),
    )
