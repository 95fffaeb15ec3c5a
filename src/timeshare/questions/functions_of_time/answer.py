"""Weights as functions of time against unshared and shared ones beyond training, and how shared they became."""

from collections.abc import Iterator, Sequence

import altair as alt

from timeshare.report.answer import Answer, not_measured
from timeshare.report.drawing import Figure
from timeshare.report.figures.matrix import matrix_figure
from timeshare.report.figures.models import scores_figure
from timeshare.report.files import Row
from timeshare.report.learned import learned_differences
from timeshare.report.results import Results
from timeshare.report.roles import pair, recurrent, signs
from timeshare.report.tables import contrast_table
from timeshare.report.wording import ACCURATE, clauses, compared, verdict

METHOD = (
    "Models whose weights at step t are a mixture of a few sets: smooth functions of t, segments of time, a period, "
    "or a small net that scales them. The score is that beyond the training lengths, where both models learned those "
    "of training. Similarity of steps is the mean cosine of the weights at different steps: 1 for one set of weights."
)
KEYS = ("models", "run.models", "run.seeds")
_ENDS = ("unshared", "shared")


def answer(results: Results) -> Answer:
    """Compare each such model, and shared ones that read the time, with both ends."""
    functions = [name for name, settings in recurrent(results) if settings.sharing not in _ENDS]
    controls = [name for name, settings in recurrent(results) if settings.time_input != "none"]
    roles = pair(results)
    if not functions or not roles:
        lack = "`run.models` has no model whose weights are a function of time, beside a shared and an unshared one"
        return not_measured(lack, lambda: _figures(results))
    shared, unshared = roles
    # (how a sentence begins, model, the other)
    pairs = [
        ("On texts longer than any in training", model, other) for model in functions for other in (unshared, shared)
    ]
    pairs += [("With one set of weights that is told the step", model, shared) for model in controls]
    sentences, found = [], []
    for begin, model, other in pairs:
        items, left_out = learned_differences(results, model, other, "length_score")
        found += items if other == unshared else []
        if items:
            said = clauses(compared(items, ACCURATE), left_out)
            sentences.append(f"{begin}, compared with `{other}`, `{model}` is {said}.")
    if not sentences:
        lack = "No dataset of the run has texts longer than its training texts"
        return not_measured(lack, lambda: _figures(results))
    return Answer(
        verdict(
            signs(found),
            yes="Yes, better than unshared",
            no="No, worse than unshared",
            same="No better than unshared",
            where="in {} of {} cases",
        ),
        sentences,
        contrast_table(
            results,
            ("weight_similarity", "length_score", "order_score"),
            shared,
            [name for name in results.models if name in (*roles, *functions, *controls)],
        ),
        lambda: _figures(results),
    )


def _figures(results: Results) -> Iterator[Figure | None]:
    """Scores by similarity of steps, and the similarities of each model whose weights vary with time."""
    models = [name for name, settings in recurrent(results) if settings.sharing != "shared"]
    for dataset in results.datasets:
        yield _similarity_score_figure(results, dataset)
    for dataset in results.datasets:
        tables = [(model, results.read_table(dataset, model, results.seeds[0], "similarity.csv")) for model in models]
        yield from (_similarity_figure(rows, dataset, model) for model, rows in tables)
        if any(rows for _, rows in tables):
            break  # those of the other datasets look alike


_MOST_LINES = 24  # lines of a matrix that a phone still shows apart; of longer ones, every n-th


def _similarity_figure(rows: Sequence[Row], dataset: str, model: str) -> Figure | None:
    """How alike a model's weights are at each two steps, from similarity.csv."""
    steps = sorted({int(row["step_a"]) for row in rows})
    if not steps:
        return None
    stride = -(-len(steps) // _MOST_LINES)
    shown = [str(step + 1) for step in steps[::stride]]
    cosines = {
        (str(int(row["step_a"]) + 1), str(int(row["step_b"]) + 1)): float(row["similarity"])
        for row in rows
        if int(row["step_a"]) % stride == int(row["step_b"]) % stride == 0
    }
    name, title = f"similarity-{model}-{dataset}", f"Similarity of the weights of {model} at each two steps, {dataset}"
    return matrix_figure(name, title, cosines, shown, "step", height=300)


def _similarity_score_figure(results: Results, dataset: str) -> Figure | None:
    """Scores against the similarity of the weights at different steps: what sharing brings, by how much is shared."""
    x = alt.X("x:Q", title="similarity of the weights at different steps", scale=alt.Scale(nice=True))
    scores = ("length_score", "order_invariance", "accuracy")
    tip, title = alt.Tooltip("x:Q", format=".2f"), "Scores against similarity of steps"
    return scores_figure(results, dataset, "weight_similarity", x, tip, scores, title)
