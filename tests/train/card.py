"""A stand-in for CUDA graphs under torch's own `make_graphed_callables`: what a graph would launch is written down once
and launched again, by the CPU, on the very same memory.

Python does not run again. So what a net decides by looking at a batch is decided for good, as on a card.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only


class Graph:
    """What was launched, to launch it again."""

    def __init__(self) -> None:
        self.launched: list[tuple[Any, Any, Any, Any]] = []

    def replay(self) -> None:
        with torch.no_grad():
            for operation, args, kwargs, made in self.launched:
                again = operation(*args, **kwargs)
                for old, new in zip(tree_leaves(made), tree_leaves(again), strict=True):
                    # Views, and what was written in place, have their numbers already.
                    if isinstance(new, Tensor) and old.data_ptr() != new.data_ptr():
                        old.copy_(new)


class _Writing(TorchDispatchMode):
    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        # As they are before the operation: one of those may turn a tensor itself into another view of its memory.
        given = _same_memory((args, kwargs or {}))
        made = func(*args, **(kwargs or {}))
        if torch.Tag.inplace_view not in func.tags:
            self.graph.launched.append((func, *given, _same_memory(made)))
        return made


def _same_memory(values: Any) -> Any:
    return tree_map_only(Tensor, Tensor.detach, values)


@contextmanager
def _capturing(graph: Graph, pool: object) -> Iterator[None]:
    with _Writing(graph):
        yield


@contextmanager
def pretended() -> Iterator[pytest.MonkeyPatch]:
    """Let torch capture on the CPU, and the layers look at no lengths, as on a card."""
    stand_ins: dict[str, Any] = {
        "CUDAGraph": Graph,
        "graph": _capturing,
        "graph_pool_handle": lambda: (0, 1),
        "get_sync_debug_mode": lambda: 0,
        "set_sync_debug_mode": lambda mode: None,
        "synchronize": lambda: None,
        "Stream": lambda: None,
        "stream": lambda stream: nullcontext(),
    }
    # oneDNN's loop hands its backward pass more than the memory of tensors.
    enabled = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("padding", "recurrent", "running", "spans"):
                patch.setattr(f"timeshare.nn.{name}.readable", lambda values: False)
            for name, stand_in in stand_ins.items():
                patch.setattr(torch.cuda, name, stand_in)
            yield patch
    finally:
        torch._C._set_mkldnn_enabled(enabled)
