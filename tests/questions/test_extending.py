"""The question that docs/extending.md adds, from its page."""

import importlib
from pathlib import Path

import pytest

import timeshare.questions
from tests.extending import blocks, write_files
from timeshare.questions.asking import ask, sections
from timeshare.questions.table import QUESTIONS, Question
from timeshare.report.page import render
from timeshare.report.reading import read_study
from timeshare.report.results import Results

pytestmark = pytest.mark.integration


def test_the_question_of_the_page_has_settings_a_study_an_answer_and_a_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, results: Results
) -> None:
    write_files("A question", tmp_path)
    (tmp_path / "width/__init__.py").touch()
    monkeypatch.setattr(timeshare.questions, "__path__", [*timeshare.questions.__path__, str(tmp_path)])
    settings = importlib.import_module("timeshare.questions.width.settings").WidthSettings
    line = dict(blocks("A question"))["python"]
    question = eval(line, {"Question": Question, "WidthSettings": settings})  # noqa: S307 - of our own page
    monkeypatch.setitem(QUESTIONS, question.id, question)

    assert question.study == "width"
    assert "`studies` in params.yaml has none with `study: width`" in ask(question, results).answer.sentences[0]
    folder = tmp_path / "studies"
    folder.mkdir()
    question.run_study(settings(study="width"), folder)
    results.studies = {"width": read_study(folder, "width")}
    section = sections(results)["Q21"]
    assert section.answer.verdict == "More than one"
    assert section.answer.sentences[0].startswith("Against 1 unit: more accurate with 8 units (by")
    assert [figure.id for figure in section.answer.figures] == ["study-width"]
    assert 'data-figure="study-width"' in render(results, {"Q21": section})
