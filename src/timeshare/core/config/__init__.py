"""The typed form of params.yaml."""

from typing import TYPE_CHECKING

from timeshare.core.config.errors import UserError

if TYPE_CHECKING:
    from timeshare.core.config.params import Params, load_params

__all__ = ["Params", "UserError", "load_params"]


def __getattr__(name: str) -> object:
    # Until params.yaml is assembled above the rooms: models' settings import this package.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from timeshare.core.config import params

    return getattr(params, name)
