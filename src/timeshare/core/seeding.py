"""Named random generators: each use of chance has a stream of its own, derived from the seed and its name."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derived_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the stream `names` under `seed`; streams of other names are independent of it."""
    key = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1


def numpy_generator(seed: int, *names: str | int) -> np.random.Generator:
    """A NumPy generator for the stream `names` under `seed`."""
    return np.random.default_rng(derived_seed(seed, *names))


def torch_generator(seed: int, *names: str | int) -> "torch.Generator":
    """A CPU torch generator for the stream `names` under `seed`."""
    # Not at the top: the data stages draw with NumPy alone, and should not pay for torch.
    import torch

    return torch.Generator().manual_seed(derived_seed(seed, *names))
