"""Unshared against shared at trained lengths: accuracy, overfit, and accuracy at equal parameters."""

from collections.abc import Iterator

import altair as alt

from timeshare.report import drawing
from timeshare.report.answer import Answer, not_measured
from timeshare.report.dial import at_the_best_pull, freed
from timeshare.report.figures.models import means, scores_figure
from timeshare.report.figures.variants import variants_figure
from timeshare.report.learned import learned_differences, unlearned_clause
from timeshare.report.results import Results
from timeshare.report.roles import NO_PAIR, differences, matched_model, pair, signs
from timeshare.report.tables import contrast_table, metrics_table
from timeshare.report.wording import ACCURATE, Direction, clauses, compared, count, factor, verdict

METHOD = (
    "Accuracy on test texts of trained lengths, and overfit: training accuracy minus test accuracy. Every model is "
    "that of its best epoch by `training.select`. The matched model has a smaller state, so that its parameters are as "
    "many as the shared one's. The figures set scores against parameters, and training against test accuracy."
)
KEYS = ("models", "training", "run.models", "run.seeds", "studies.learning_curve", "run.studies")


def answer(results: Results) -> Answer:
    """Compare them, and draw the learning curve where the run made the study."""
    roles = pair(results)
    if not roles:
        return not_measured(NO_PAIR, lambda: _figures(results))
    shared, unshared = roles
    found = differences(results, unshared, shared, "accuracy")
    overfit, left_out = learned_differences(results, unshared, shared, "overfit")
    sentences = [
        f"On texts as long as those of training, compared with `{shared}`, `{unshared}` with "
        f"{_ratio(results, shared, unshared)} times the parameters is "
        f"{clauses(compared(found, ACCURATE), unlearned_clause(results, unshared))}.",
    ]
    if overfit:
        said = clauses(compared(overfit, Direction("more", "less", "neither more nor less")), left_out)
        sentences.append(f"Compared with `{shared}`, `{unshared}` overfits {said}.")
    matched = matched_model(results)
    if matched and matched != unshared:
        accuracies = compared(differences(results, matched, shared, "accuracy"), ACCURATE)
        said = clauses(accuracies, unlearned_clause(results, matched))
        sentences.append(f"Compared with `{shared}`, `{matched}` with as many parameters is {said}.")
    if study := results.studies.get("pull"):
        said = compared(at_the_best_pull(results, study), ACCURATE)
        sentences.append(f"Its steps pulled together as is best for validation (Q17), compared with one set: {said}.")
    if study := results.studies.get("unsharing"):
        said = compared(freed(results, study), ACCURATE)
        sentences.append(f"Freed from one set after training (Q18), compared with that set trained on: {said}.")
    return Answer(
        verdict(signs(found), yes="Yes, better", no="No, worse"),
        sentences,
        contrast_table(results, ("parameters", "train_accuracy", "accuracy", "overfit"), shared),
        lambda: _figures(results),
    )


def _figures(results: Results) -> Iterator[drawing.Figure | None]:
    for dataset in results.datasets:
        yield _parameters_figure(results, dataset)
        yield _overfit_figure(results, dataset)
    if study := results.studies.get("learning_curve"):
        labels = {f"{one.keys['model']}, {count(one.keys['train_rows'])} rows": one for one in study.variants}
        metrics = {"accuracy": "test accuracy", "train_accuracy": "training accuracy"}
        yield variants_figure(results, study, "Accuracy by number of training texts", labels, metrics)


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
    least, most = factor(min(ratios)), factor(max(ratios))
    return least if least == most else f"{least} to {most}"


def _parameters_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Scores against parameters: what a model gets for what it costs."""
    scale = alt.Scale(type="log", nice=True)
    x = alt.X("x:Q", title="parameters", scale=scale, axis=alt.Axis(format="~s", tickCount=4))
    tip, scores = alt.Tooltip("x:Q", format=",.0f"), ("accuracy", "length_score", "order_score")
    return scores_figure(results, dataset, "parameters", x, tip, scores, "Scores against parameters")


def _overfit_figure(results: Results, dataset: str) -> drawing.Figure | None:
    """Accuracy on training and on test texts by model: the longer the bar between them, the more overfit."""
    train = {record["model"]: record["mean"] for record in means(results, dataset, "train_accuracy")}
    records = [
        {"model": record["model"], "test": record["mean"], "train": train[record["model"]]}
        for record in means(results, dataset, "accuracy")
        if record["model"] in train
    ]
    if not records:
        return None
    scale = drawing.share_scale(value for record in records for value in (record["test"], record["train"]))
    base = drawing.chart("means").encode(
        y=drawing.model_rows(results.models),
        color=drawing.colour(results.models),
        opacity=drawing.focused(1),
        tooltip=["model:N", drawing.share_tip("train", "training texts"), drawing.share_tip("test", "test texts")],
    )
    x = alt.X("test:Q", title="accuracy", scale=scale, axis=drawing.share_axis(grid=True))
    layers = [
        base.mark_rule(strokeWidth=2.2).encode(x=x, x2="train:Q"),
        base.mark_point(style="hollow", size=70).encode(x="train:Q", shape=drawing.shape(results.models)),
        base.mark_point(filled=True, size=90).encode(x=x, shape=drawing.shape(results.models)),
    ]
    table = metrics_table(results, dataset, ("train_accuracy", "accuracy", "overfit"))
    note = (
        "Filled markers: on test texts; hollow ones: on training texts. The longer the bar between, the more overfit."
    )
    title, height = f"Training and test accuracy on {dataset}", drawing.ROW * len(results.models)
    return drawing.figure(f"overfit-{dataset}", title, layers, {"means": records}, table, height=height, note=note)
