"""The table of the questions, the catalogue of studies in params.yaml, and what is said of both."""

import ast
import re
from pathlib import Path

import pytest

from tests.committed import committed
from timeshare.params import load_params
from timeshare.questions.table import QUESTIONS, STUDIES, Question

FOLDER = Path("src/timeshare/questions")


def test_every_folder_is_in_the_table_and_has_what_its_record_says() -> None:
    folders = {path.parent.name: {file.stem for file in path.parent.iterdir()} for path in FOLDER.glob("*/answer.py")}
    assert {question.folder for question in QUESTIONS.values()} == set(folders)
    assert list(QUESTIONS) == [f"Q{number}" for number in range(1, len(QUESTIONS) + 1)]
    for question in QUESTIONS.values():
        assert (folders[question.folder] >= {"settings", "study"}) == (question.study is not None)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.id)
def test_a_question_imports_no_other(question: Question) -> None:
    folder = FOLDER / question.folder
    trees = (ast.parse(path.read_text()) for path in folder.glob("*.py"))
    imported = {node.module or "" for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    others = tuple(f"timeshare.questions.{other.folder}." for other in QUESTIONS.values() if other is not question)
    assert not [module for module in imported if module.startswith(others)]


@pytest.mark.committed
def test_the_document_says_which_studies_the_default_run_has(tmp_path: Path) -> None:
    document, default = committed("docs/studies.md", "params.yaml")
    (tmp_path / "params.yaml").write_text(default)
    params = load_params(tmp_path / "params.yaml")
    table = re.findall(r"^\| \[(\w+)\]\(#.*\| (yes|no)\b.*\|$", document, re.MULTILINE)
    assert {name for name, _ in table} == set(STUDIES)
    assert {settings.study for settings in params.studies.values()} == set(STUDIES)
    assert [name for name, said in table if said == "yes"] == [name for name, _ in table if name in params.run.studies]
