"""The cosine between the gradients of each two families of sentences."""

from collections.abc import Sequence

from timeshare.report.drawing import Figure
from timeshare.report.figures.matrix import matrix_figure
from timeshare.report.files import Row


def interference_figure(rows: Sequence[Row], dataset: str, model: str) -> Figure | None:
    """The cosines of a model, from interference.csv."""
    cosines = {(row["family_a"], row["family_b"]): float(row["cosine"]) for row in rows if row["cosine"]}
    names = list(dict.fromkeys(family for pair in cosines for family in pair))
    if len(names) < 3:
        return None  # one number, which the table has
    name, title = f"interference-{model}-{dataset}", f"Cosine of the gradients of {model}, {dataset}"
    return matrix_figure(name, title, cosines, names, None, height=40 + 24 * len(names))
