"""Asking a tree of results one question."""

from collections.abc import Sequence
from pathlib import Path

from tests.report.fixture import make_params
from timeshare.questions import asking
from timeshare.questions.table import QUESTIONS
from timeshare.report.answer import Answer
from timeshare.report.reading import read_results
from timeshare.report.results import Results


def ask(question: str, asked: Results | Path, datasets: Sequence[str] = ("sentences", "parity")) -> Answer:
    """What results say, or those that a tree of files holds of the fixture's common models on some datasets."""
    results = asked if isinstance(asked, Results) else read_results(make_params(datasets, resamples=200), asked)
    return asking.ask(QUESTIONS[question], results).answer
