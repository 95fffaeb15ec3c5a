"""The figures of the page, each with the table of its numbers; a figure that the data does not allow is None."""

from timeshare.report.figures.length import extent_figure, length_figure
from timeshare.report.figures.matrix import interference_figure, similarity_figure
from timeshare.report.figures.models import (
    dots_figure,
    overfit_figure,
    parameters_figure,
    similarity_score_figure,
)
from timeshare.report.figures.order import order_figure, shuffle_figure
from timeshare.report.figures.parts import Figure
from timeshare.report.figures.position import positions_figure
from timeshare.report.figures.states import states_figure
from timeshare.report.figures.studies import lines_figure, variants_figure
from timeshare.report.figures.training import curves_figure, regimes_figure, waste_figure

__all__ = [
    "Figure",
    "curves_figure",
    "dots_figure",
    "extent_figure",
    "interference_figure",
    "length_figure",
    "lines_figure",
    "order_figure",
    "overfit_figure",
    "parameters_figure",
    "positions_figure",
    "regimes_figure",
    "shuffle_figure",
    "similarity_figure",
    "similarity_score_figure",
    "states_figure",
    "variants_figure",
    "waste_figure",
]
