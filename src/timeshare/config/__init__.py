"""The typed form of params.yaml."""

from timeshare.config.errors import UserError
from timeshare.config.params import Params, load_params

__all__ = ["Params", "UserError", "load_params"]
