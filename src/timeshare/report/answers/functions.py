"""Q7 and Q8: what an unshared net does past its last step, and weights that are a function of time."""

from collections.abc import Iterator

from timeshare.report.answers.learned import beats_guessing, learned_differences
from timeshare.report.answers.parts import (
    Answer,
    not_measured,
    pair,
    recurrent,
    signs,
)
from timeshare.report.figures import Figure, similarity_figure, similarity_score_figure
from timeshare.report.results import Results
from timeshare.report.statistics import Comparison
from timeshare.report.tables import contrast_table, rules_table
from timeshare.report.wording import Direction, clauses, compared, listing, verdict

_RULE = "Past its last step, should a net with weights for each step hold the last ones, or begin again with the first?"
_RULE_METHOD = (
    "The same trained model scored twice on texts beyond its extent: hold keeps using the weights of the last step, "
    "cycle begins again with those of the first. A choice made when the model is used, not when it is trained. Where "
    "neither beats guessing there is nothing to choose."
)
_FUNCTION = "Can weights be a function of time, and still read texts longer than any in training?"
_FUNCTION_METHOD = (
    "Models whose weights at step t are a mixture of a few sets: smooth functions of t, segments of time, a period, or "
    "a small net that scales them. The score is that beyond the training lengths, where both models learned those of "
    "training. Similarity of steps is the mean cosine of the weights at different steps: 1 for one set of weights."
)
_RULES = ("length_score/hold", "length_score/cycle")
_FUNCTIONS_OF_TIME = ("periodic", "segments", "mixture", "basis", "hyper")


def rules(results: Results) -> Answer:
    """Hold against cycle, for each model with an extent."""
    keys = ("evaluate.rules", "models", "run.models")
    found: dict[str, list[tuple[str, Comparison]]] = {}
    idle: dict[str, list[str]] = {}
    for model in results.models:
        for dataset in results.datasets:
            difference = results.compare(dataset, model, model, *_RULES)
            if difference and any(beats_guessing(results, dataset, model, rule) for rule in _RULES):
                found.setdefault(model, []).append((dataset, difference))
            elif difference:
                idle.setdefault(model, []).append(dataset)
    neither = [f"`{model}` on {listing(datasets)}" for model, datasets in idle.items()]
    if not found:
        lack = (
            f"Neither rule beats guessing with {listing(neither)}"
            if neither
            else "`run.models` has no model with an extent, or no dataset has texts beyond it, or `evaluate.rules` one "
            "rule"
        )
        return not_measured(_RULE, lack, _RULE_METHOD, keys)
    words = Direction("more accurate", "less accurate")
    return Answer(
        question=_RULE,
        verdict=verdict(
            [sign for differences_of in found.values() for sign in signs(differences_of)],
            yes="Hold",
            no="Cycle",
            same="No difference",
            where="in {} of {} cases",
        ),
        sentences=[
            *(
                f"Beyond the extent of `{model}`, holding the last weights against cycling: {compared(items, words)}."
                for model, items in found.items()
            ),
            *([f"Neither rule beats guessing with {listing(neither)}."] if neither else []),
        ],
        method=_RULE_METHOD,
        keys=keys,
        table=rules_table(results, list(found)),
    )


def functions_of_time(results: Results) -> Answer:
    """Weights as functions of time against unshared and shared ones beyond training, and how shared they became."""
    keys = ("models", "run.models", "run.seeds")
    functions = [name for name, settings in recurrent(results) if settings.sharing in _FUNCTIONS_OF_TIME]
    controls = [name for name, settings in recurrent(results) if settings.time_input != "none"]
    roles = pair(results)
    if not functions or not roles:
        lack = "`run.models` has no model whose weights are a function of time, beside a shared and an unshared one"
        return not_measured(_FUNCTION, lack, _FUNCTION_METHOD, keys, lambda: _figures(results))
    shared, unshared = roles
    words = Direction("more accurate", "less accurate")
    sentences = []
    found = []
    for model in functions:
        for other in (unshared, shared):
            items, left_out = learned_differences(results, model, other, "length_score")
            found += items if other == unshared else []
            if items:
                said = clauses(compared(items, words), left_out)
                sentences.append(f"Beyond the training lengths, `{model}` against `{other}`: {said}.")
    for model in controls:
        items, left_out = learned_differences(results, model, shared, "length_score")
        if items:
            sentences.append(
                f"One set of weights that reads the time as an input, `{model}` against `{shared}`: "
                f"{clauses(compared(items, words), left_out)}."
            )
    if not sentences:
        lack = "No dataset of the run has texts longer than its training texts"
        return not_measured(_FUNCTION, lack, _FUNCTION_METHOD, keys, lambda: _figures(results))
    return Answer(
        question=_FUNCTION,
        verdict=verdict(
            signs(found),
            yes="Yes, better than unshared",
            no="No, worse than unshared",
            same="No better than unshared",
            where="in {} of {} cases",
        ),
        sentences=sentences,
        method=_FUNCTION_METHOD,
        keys=keys,
        draw=lambda: _figures(results),
        table=contrast_table(
            results,
            ("weight_similarity", "length_score", "order_score"),
            shared,
            [name for name in results.models if name in (*roles, *functions, *controls)],
        ),
    )


def _figures(results: Results) -> Iterator[Figure | None]:
    """Scores by similarity of steps, and the similarities of each model whose weights vary with time."""
    models = [name for name, settings in recurrent(results) if settings.sharing != "shared"]
    for dataset in results.datasets:
        yield similarity_score_figure(results, dataset)
    for dataset in results.datasets:
        tables = [(model, results.read_table(dataset, model, results.seeds[0], "similarity.csv")) for model in models]
        yield from (similarity_figure(rows, dataset, model) for model, rows in tables)
        if any(rows for _, rows in tables):
            break  # those of the other datasets look alike
