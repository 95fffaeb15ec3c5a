"""The README's table is that of the committed run."""

import importlib.util
from pathlib import Path


def test_results_are_those_of_the_summary() -> None:
    specification = importlib.util.spec_from_file_location("readme", Path("docs/readme.py"))
    assert specification is not None
    assert specification.loader is not None
    readme = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(readme)
    text = Path("README.md").read_text(encoding="utf-8")
    assert "| shared |" in readme.results()
    assert text == readme.filled_in(text), "run `python docs/readme.py`"
