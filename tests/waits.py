"""What would make the host wait for an accelerator, found without one: on torch's device `meta`, which has no values.

The layers treat it as any accelerator. What sends something there, or asks something of it, is an error here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

# Each makes a tensor of numbers that the host has, and has to send.
_SENT = (torch.tensor, torch.as_tensor, torch.asarray, torch.Tensor.new_tensor)
# Each asks for a value, or gives a tensor whose size depends on values.
_ASKED = ("_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "equal", "is_nonzero")
_COPIES = ("_to_copy", "copy_")


class HostWaitsError(AssertionError):
    """An operation for which the host would wait."""


class _Sending(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if func in _SENT and made.is_meta:
            raise HostWaitsError(f"{func.__name__} sends numbers to the device")
        return made


class _Asking(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [one for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
        name = func.overloadpacket.__name__
        on_device = any(one.is_meta for one in given)
        if on_device and name in _ASKED:
            raise HostWaitsError(f"{name} asks for a value")
        made = func(*args, **(kwargs or {}))
        tensors = [*given, *(one for one in tree_leaves(made) if isinstance(one, Tensor))]
        on_host = [one for one in tensors if not one.is_meta]
        # An operation takes a single number from the host as it launches.
        if any(one.is_meta for one in tensors) and any(one.dim() or name in _COPIES for one in on_host):
            raise HostWaitsError(f"{name} is of the device and of the host")
        return made


@contextmanager
def host_never_waits() -> Iterator[None]:
    """Raise HostWaitsError for what would wait for the `meta` device, or send something there."""
    with _Sending(), _Asking():
        yield
