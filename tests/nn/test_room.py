"""The layers are a library of their own, and the tables can be read without torch."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

PROGRAM = """
import importlib, pkgutil, sys

FORBIDDEN = {"pydantic", "lightning", "mlflow", "pyarrow", "torchtext", "scipy", "yaml"}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        room = name.split(".")[1:2] if name.startswith("timeshare.") else []
        if name.partition(".")[0] in FORBIDDEN or room not in ([], ["nn"]):
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Refuse())
import timeshare.nn
from timeshare.nn.cells import CELLS
from timeshare.nn.schemes import SCHEMES
assert "torch" not in sys.modules, "reading the tables imports torch"
for name in timeshare.nn.__all__:
    getattr(timeshare.nn, name)
for module in pkgutil.walk_packages(timeshare.nn.__path__, "timeshare.nn."):
    importlib.import_module(module.name)
"""


def test_the_layers_need_torch_and_numpy_alone() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_settings_are_read_without_torch() -> None:
    program = "import sys, timeshare.models.settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_is_not_there_is_an_attribute_error() -> None:
    import timeshare.nn

    with pytest.raises(AttributeError, match=r"module 'timeshare\.nn' has no attribute 'TimeTRANSFORMER'"):
        timeshare.nn.TimeTRANSFORMER  # noqa: B018 - looking is the test
