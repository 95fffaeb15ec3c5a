"""Q2: what more weights buy where neither length nor compute is a concern."""

from collections.abc import Iterator

from timeshare.report.answers.learned import learned_differences, unlearned_clause
from timeshare.report.answers.parts import (
    NO_PAIR,
    Answer,
    differences,
    matched_model,
    not_measured,
    pair,
    signs,
)
from timeshare.report.figures import Figure, overfit_figure, parameters_figure, variants_figure
from timeshare.report.results import Results
from timeshare.report.tables import contrast_table
from timeshare.report.wording import Direction, clauses, compared, count, verdict

_QUESTION = "With length and compute no concern, do weights for each step do better, or do they overfit?"
_METHOD = (
    "Accuracy on test texts of trained lengths, and overfit: training accuracy minus test accuracy. Every model stops "
    "at its best validation loss. The matched model has a smaller state, so that its parameters are as many as the "
    "shared one's. The figures set scores against parameters, and training against test accuracy."
)
_KEYS = ("models", "training", "run.models", "run.seeds", "studies.learning_curve")


def more_weights(results: Results) -> Answer:
    """Unshared against shared at trained lengths: accuracy, overfit, and accuracy at equal parameters."""
    roles = pair(results)
    if not roles:
        return not_measured(_QUESTION, NO_PAIR, _METHOD, _KEYS, lambda: _figures(results))
    shared, unshared = roles
    found = differences(results, unshared, shared, "accuracy")
    overfit, left_out = learned_differences(results, unshared, shared, "overfit")
    words = Direction("more accurate", "less accurate")
    sentences = [
        f"At the lengths of training, `{unshared}`, with {_ratio(results, shared, unshared)} times the parameters, "
        f"against `{shared}`: "
        f"{clauses(compared(found, words), unlearned_clause(results, unshared))}.",
    ]
    if overfit:
        said = clauses(compared(overfit, Direction("more", "less")), left_out)
        sentences.append(f"Overfit of `{unshared}` against `{shared}`: {said}.")
    matched = matched_model(results)
    if matched and matched != unshared:
        accuracies = compared(differences(results, matched, shared, "accuracy"), words)
        said = clauses(accuracies, unlearned_clause(results, matched))
        sentences.append(f"`{matched}`, with as many parameters, against `{shared}`: {said}.")
    return Answer(
        question=_QUESTION,
        verdict=verdict(signs(found), yes="Yes, better", no="No, worse"),
        sentences=sentences,
        method=_METHOD,
        keys=_KEYS,
        draw=lambda: _figures(results),
        table=contrast_table(results, ("parameters", "train_accuracy", "accuracy", "overfit"), shared),
    )


def _figures(results: Results) -> Iterator[Figure | None]:
    for dataset in results.datasets:
        yield parameters_figure(results, dataset)
        yield overfit_figure(results, dataset)
    yield _learning_curve(results)


def _learning_curve(results: Results) -> Figure | None:
    """Accuracy by share of the training rows, where the run made the study."""
    study = results.studies.get("learning_curve")
    if study is None:
        return None
    labels = {f"{one.keys['model']}, {count(one.keys['train_rows'])} rows": one for one in study.variants}
    metrics = {"accuracy": "test accuracy", "train_accuracy": "training accuracy"}
    return variants_figure(results, study, "Accuracy by number of training texts", labels, metrics)


def _ratio(results: Results, shared: str, unshared: str) -> str:
    """How many times as many parameters, over the datasets: `9.1` or `9.1 to 38`."""
    ratios = [
        more.mean / one.mean
        for dataset in results.datasets
        if (one := results.summary(dataset, shared, "parameters"))
        and (more := results.summary(dataset, unshared, "parameters"))
    ]
    if not ratios:
        return "more"
    least, most = f"{min(ratios):.2g}", f"{max(ratios):.2g}"
    return least if least == most else f"{least} to {most}"
