"""The figures of the page, each with the table of its numbers; a figure that the data does not allow is None."""

from timeshare.report.figures.length import extent_figure, length_figure
from timeshare.report.figures.models import dots_figure, overfit_figure, parameters_figure
from timeshare.report.figures.order import order_figure, shuffle_figure
from timeshare.report.figures.parts import Figure
from timeshare.report.figures.training import curves_figure, waste_figure

__all__ = [
    "Figure",
    "curves_figure",
    "dots_figure",
    "extent_figure",
    "length_figure",
    "order_figure",
    "overfit_figure",
    "parameters_figure",
    "shuffle_figure",
    "waste_figure",
]
