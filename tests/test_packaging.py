"""What pyproject.toml installs is what the code imports."""

import ast
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

_PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
_EXTRAS = {
    extra: {Requirement(line).name for line in lines} for extra, lines in _PROJECT["optional-dependencies"].items()
}


def imported(files: Iterable[Path]) -> set[str]:
    """Top-level packages that the files import anywhere, in functions too."""
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def test_the_peers_of_the_benchmarks_are_the_extra_and_nothing_else_imports_them() -> None:
    installed = {Requirement(line).name for line in _PROJECT["dependencies"]}
    assert imported(Path("benchmarks").glob("*.py")) >= _EXTRAS["bench"]
    assert _EXTRAS["bench"].isdisjoint(installed)
    # One of them is what a source of its own needs.
    assert (_EXTRAS["bench"] - _EXTRAS["huggingface"]).isdisjoint(imported(Path("src").rglob("*.py")))


@pytest.mark.parametrize("extra", ["excel", "huggingface", "postgres"])
def test_what_an_extra_reads_is_tested_wherever_the_lock_is_installed(extra: str) -> None:
    locked = {Requirement(line).name for line in Path("requirements.lock").read_text().splitlines()}
    assert _EXTRAS[extra] <= _EXTRAS["dev"] & locked


@pytest.mark.parametrize("extra", ["bench", "excel", "huggingface", "postgres"])
def test_an_extra_says_from_which_version_on(extra: str) -> None:
    for line in _PROJECT["optional-dependencies"][extra]:
        assert Requirement(line).specifier, line
