"""What a fit need not import, since every member of a run is a process that would wait for it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration


def test_fitting_imports_neither_matplotlib_nor_scipy() -> None:
    modules = "timeshare.pipeline.train, timeshare.train.fit"
    script = f"import sys, {modules}; print({{'matplotlib', 'scipy', 'mlflow'}} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "set()\n"


def test_both_are_found_again_afterwards() -> None:
    script = """
import timeshare.train
from lightning_utilities.core.imports import RequirementCache, package_available
print(package_available("scipy"), bool(RequirementCache("matplotlib")))
"""
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "True True\n"
