"""Trees of results that the report's tests read."""

import shutil
from pathlib import Path

import pytest

from tests.report.fixture import make_params, write_tree
from timeshare.params import Params
from timeshare.report.reading import read_results
from timeshare.report.results import Results


@pytest.fixture(scope="session")
def params() -> Params:
    """Two datasets, three models, three seeds."""
    return make_params(resamples=200)


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory, params: Params) -> Path:
    """The files of `params`; not to be written to."""
    root = tmp_path_factory.mktemp("tree")
    write_tree(root, params)
    return root


@pytest.fixture
def copy(tree: Path, tmp_path: Path) -> Path:
    """The same, to be written to."""
    return shutil.copytree(tree, tmp_path / "copy")


@pytest.fixture
def results(tree: Path, params: Params) -> Results:
    """What `tree` holds."""
    return read_results(params, tree)
