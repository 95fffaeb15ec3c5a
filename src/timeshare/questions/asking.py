"""Asking the results of a run."""

from importlib import import_module

from timeshare.questions.question import Question
from timeshare.questions.table import QUESTIONS
from timeshare.report.answer import Answer, Section, lacks_study, not_measured
from timeshare.report.results import Results


def sections(results: Results) -> dict[str, Section]:
    """What the results say on each question that this run asks, by its id, in the order of the page."""
    return {
        question.id: Section(question.text, question.method, question.keys, answer(question, results))
        for question in QUESTIONS.values()
        if question.without_study != "not asked" or question.study in results.studies
    }


def answer(question: Question, results: Results) -> Answer:
    """What the results say on one question."""
    if question.study and question.study not in results.studies and question.without_study != "answered":
        return not_measured(lacks_study(results, question.study))
    found: Answer = import_module(f"{question.package}.answer").answer(results)
    return found
