"""The trees of results that the questions are asked of: those of the report's tests."""

from tests.report.conftest import copy, params, results, tree

__all__ = ["copy", "params", "results", "tree"]
