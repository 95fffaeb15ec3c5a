"""The project is made once for the tests of the page."""

from pathlib import Path

import pytest

from tests.report.playground.project import write_project


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("playground")
    write_project(folder)
    return folder
