"""What pyproject.toml installs is what the code imports."""

import ast
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

_PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
_PEERS = {Requirement(line).name for line in _PROJECT["optional-dependencies"]["bench"]}


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
    assert imported(Path("benchmarks").glob("*.py")) >= _PEERS
    assert _PEERS.isdisjoint(installed)
    assert _PEERS.isdisjoint(imported(Path("src").rglob("*.py")))


@pytest.mark.parametrize("extra", ["bench", "postgres"])
def test_an_extra_says_from_which_version_on(extra: str) -> None:
    for line in _PROJECT["optional-dependencies"][extra]:
        assert Requirement(line).specifier, line
