"""How alike the weights of a model are at different steps."""

from collections.abc import Sequence

import altair as alt

from timeshare.report.drawing import Figure
from timeshare.report.figures.matrix import matrix_figure
from timeshare.report.figures.models import scores_figure
from timeshare.report.files import Row
from timeshare.report.results import Results

_MOST_LINES = 24  # lines of a matrix that a phone still shows apart; of longer ones, every n-th


def similarity_figure(rows: Sequence[Row], dataset: str, model: str) -> Figure | None:
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


def similarity_score_figure(results: Results, dataset: str) -> Figure | None:
    """Scores against the similarity of the weights at different steps: what sharing brings, by how much is shared."""
    x = alt.X("x:Q", title="similarity of the weights at different steps", scale=alt.Scale(nice=True))
    scores = ("length_score", "order_invariance", "accuracy")
    tip, title = alt.Tooltip("x:Q", format=".2f"), "Scores against similarity of steps"
    return scores_figure(results, dataset, "weight_similarity", x, tip, scores, title)
