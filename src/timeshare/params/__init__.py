"""params.yaml with types. Whoever reads it imports this room; stages are handed what was read."""

from timeshare.params.params import Params
from timeshare.params.reading import load_params

__all__ = ["Params", "load_params"]
