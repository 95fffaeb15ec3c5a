"""docs/extending.md: the examples of its first sections run, and say what they print."""

import doctest
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.extending import blocks, write_files
from tests.tiny import PARAMS_TEXT
from timeshare.params.reading import load_params


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in and to import from; what was imported from it is forgotten again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def merged(content: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = {key: merged(content[key], more[key]) for key in content.keys() & more.keys() if isinstance(more[key], dict)}
    return {**content, **more, **both}


# A source and a question need more around them: tests/sources/test_external.py, tests/questions/test_extending.py.
@pytest.mark.parametrize("section", ["A sharing scheme", "A recurrent cell"])
def test_the_examples_of_a_section(section: str, folder: Path) -> None:
    write_files(section, folder)
    names: dict[str, Any] = {}
    attempted = 0
    for kind, content in blocks(section):
        if kind == "python":
            test = doctest.DocTestParser().get_doctest(content, names, section, "docs/extending.md", 0)
            failed, count = doctest.DocTestRunner().run(test, clear_globs=False)
            assert failed == 0
            names.update(test.globs)
            attempted += count
        elif kind == "yaml params.yaml":
            own = yaml.safe_load(PARAMS_TEXT)
            text = yaml.safe_dump(merged(own, yaml.safe_load(content)))
            (folder / "params.yaml").write_text(text, encoding="utf-8")
            load_params(folder / "params.yaml")
            attempted += 1
    assert attempted


# What one line of a table is enough for.
IN_THE_TABLES = """
from timeshare.nn import cells, schemes
from scheme_record import RAMP

cells.CELLS = {**cells.CELLS, "one_gate": "one_gate:ONE_GATE"}
schemes.SCHEMES["ramp"] = RAMP

import torch
from timeshare.models.classifier import build_classifier
from timeshare.models.parameters import match_hidden_size, parameter_count
from timeshare.models.settings import AnyModel
from pydantic import TypeAdapter

model = TypeAdapter(AnyModel).validate_json('{"encoder": "one_gate", "sharing": "ramp"}')
assert model.sharing == "ramp"
sizes = {"vocabulary_size": 9, "num_classes": 2, "extent": 5}
assert match_hidden_size(model, parameter_count(model, **sizes), **sizes) == model.hidden_size
logits = build_classifier(model, **sizes)(torch.tensor([[3, 4, 5]]), torch.tensor([3]))
assert logits.shape == (1, 2)
"""


@pytest.mark.integration
def test_a_line_in_a_table_makes_a_scheme_and_a_cell_the_packages(tmp_path: Path) -> None:
    for section in ("A sharing scheme", "A recurrent cell"):
        write_files(section, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", IN_THE_TABLES], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
