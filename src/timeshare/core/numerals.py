"""Numbers in YAML as DVC reads and writes them."""

import re
from typing import Any

_FLOAT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+$")


def read_numbers_as_dvc(loader: Any) -> None:
    """Let a loader class take 1e-05 for a number, as `dvc exp run -S` writes it: PyYAML wants 1.0e-05."""
    loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789"))
