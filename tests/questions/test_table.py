"""The catalogue in params.yaml, and what is said of it."""

import re
from pathlib import Path

from timeshare.core.config import load_params


def test_the_document_says_which_studies_the_default_run_has() -> None:
    params = load_params()
    table = re.findall(r"^\| \[(\w+)\]\(#.*\| (yes|no)\b.*\|$", Path("docs/studies.md").read_text(), re.MULTILINE)
    assert {name for name, _ in table} == {settings.study for settings in params.studies.values()}
    assert [name for name, said in table if said == "yes"] == [name for name, _ in table if name in params.run.studies]
