"""The examples in docstrings and docs pages run, and say what they print."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest
import torch

import timeshare.nn

MODULES = [module.name for module in pkgutil.walk_packages(timeshare.nn.__path__, "timeshare.nn.")]
PAGES = ["imitation.md", "layers.md"]
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name), extraglobs={"torch": torch}).failed == 0


@pytest.mark.parametrize("page", PAGES)
def test_pages(page: str) -> None:
    failed, attempted = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert failed == 0
    assert attempted > 5
