"""The typed form of params.yaml."""

from timeshare.core.config.errors import UserError
from timeshare.core.config.params import Params, load_params

__all__ = ["Params", "UserError", "load_params"]
