"""The answers of the report: one function a question, in the order of the page."""

from collections.abc import Callable

from timeshare.report.answers.capacity import more_weights
from timeshare.report.answers.length import unseen_lengths
from timeshare.report.answers.order import changed_order, moved_words
from timeshare.report.answers.padding import layouts, padded_extent
from timeshare.report.answers.parts import Answer
from timeshare.report.results import Results

__all__ = ["Answer", "answers"]

QUESTIONS: dict[str, Callable[[Results], Answer]] = {
    "Q1": unseen_lengths,
    "Q2": more_weights,
    "Q3": moved_words,
    "Q4": changed_order,
    "Q5": padded_extent,
    "Q6": layouts,
}


def answers(results: Results) -> dict[str, Answer]:
    """What the results say on each question, by its id."""
    return {name: question(results) for name, question in QUESTIONS.items()}
