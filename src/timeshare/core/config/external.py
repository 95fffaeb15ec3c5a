"""What params.yaml names by `module:NAME`: code of the user's own, outside this package."""

import importlib
import re
import sys
from pathlib import Path
from typing import TypeVar

Kind = TypeVar("Kind")

# How such a name looks, for the JSON schema as well. The module is a file of the project's folder or of data/files,
# which are the user's own: a model from elsewhere, which names its scheme, cannot name code that it brought along.
ADDRESS = r"^(data\.files\.)?[A-Za-z_]\w*:[A-Za-z_]\w*$"


def is_external(name: str) -> bool:
    """Whether a name is meant as `module:NAME`: the names of this package's own have no colon."""
    return ":" in name


def load_external(address: str, kind: type[Kind]) -> Kind:
    """The object that `module:NAME` names; the module may be a file in the working directory or in data/files.

    Args:
        address: `coins:COINS` is what coins.py calls COINS.
        kind: what the object must be an instance of.
    Raises:
        ValueError: there is no such module or name, or it is something else; the message is one line.
    """
    if not re.match(ADDRESS, address):
        raise ValueError(f"is '{address:.60}'; give module:NAME, as in coins:COINS for COINS of coins.py")
    module_name, name = address.split(":")
    # Last, so that no file here takes the place of an installed package; to stay, since modules may import others late.
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise ValueError(f"module {module_name} cannot be imported ({error}); install what it needs") from None
        file = f"{module_name.replace('.', '/')}.py"
        raise ValueError(
            f"there is no module {module_name}; put {file} beside params.yaml, or correct the name"
        ) from None
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise ValueError(f"module {module_name} cannot be imported ({what}); correct it") from None
    found = getattr(module, name, None)
    if found is None:
        raise ValueError(f"module {module_name} has no {name}; correct the name")
    if not isinstance(found, kind):
        raise ValueError(f"{address} is no {kind.__name__}; name one")
    return found
