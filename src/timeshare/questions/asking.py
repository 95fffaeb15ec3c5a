"""Asking the results of a run."""

from importlib import import_module

from timeshare.questions.table import QUESTIONS, Question
from timeshare.report.answer import Answer, Section, lacks_study, not_measured
from timeshare.report.results import Results


def sections(results: Results) -> dict[str, Section]:
    """What the results say on each question that this run asks, by its id, in the order of the page."""
    asked = [one for one in QUESTIONS.values() if one.without_study != "not asked" or one.study in results.studies]
    return {question.id: ask(question, results) for question in asked}


def ask(question: Question, results: Results) -> Section:
    """One question, with what the results say on it.

    Of a run with data of the user's own, the members answer it if they can, and else a study of this package's data.
    """
    code = import_module(f"timeshare.questions.{question.folder}.answer")
    needs_study = question.study is not None and question.without_study != "answered"
    if needs_study and question.study not in results.studies:
        found: Answer = not_measured(lacks_study(results, str(question.study)))
        return Section(_text(question, results), code.METHOD, code.KEYS, found)
    of_the_run = results.without_built_in_studies()
    built_in = of_the_run.studies != results.studies and needs_study and question.study not in of_the_run.studies
    found = code.answer(results if built_in else of_the_run)
    if not found.measured and of_the_run.studies != results.studies:
        found = code.answer(results)
        built_in = found.measured
    return Section(_text(question, results), code.METHOD, code.KEYS, found, built_in)


def _text(question: Question, results: Results) -> str:
    """The question, without its examples where no sentences of that kind are in the run."""
    sources = {results.params.datasets[name].source for name in results.datasets}
    return question.text if "sentences" in sources else question.plain or question.text
