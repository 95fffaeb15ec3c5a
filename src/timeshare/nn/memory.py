"""Memory for weight gradients that is used again, step after step."""

import weakref

import numpy as np
import torch
from torch import Tensor

SMALLEST = 1 << 20  # bytes; the allocator keeps smaller blocks by itself
CACHE_LINE = 64  # bytes; what matrix products want their operands aligned to


class RecycledMemory:
    """Hands out a tensor's memory again once no tensor lives in it.

    The weight gradients of an unshared layer are tens of megabytes, which the allocator returns to the system when
    `zero_grad` drops them; getting them back a page at a time costs more than the arithmetic that fills them.

    NumPy owns the memory (in huge pages, where the system has them). Each tensor is made from a fresh NumPy view of
    it, which lives exactly as long as some tensor, view or `.grad` uses it; memory whose last view still lives is
    never handed out. A copy or a pickle of this object is empty.
    """

    def __init__(self) -> None:
        self._blocks: list[tuple[np.ndarray, weakref.ref[np.ndarray]]] = []

    def __reduce__(self) -> tuple[type["RecycledMemory"], tuple[()]]:
        return type(self), ()

    def empty_like(self, like: Tensor) -> Tensor:
        """An uninitialised, contiguous tensor with the shape, type and device of `like`."""
        size = like.numel() * like.element_size()
        if like.device.type != "cpu" or size < SMALLEST:
            return torch.empty_like(like, memory_format=torch.contiguous_format)
        idle = [block for block, view in self._blocks if view() is None and block.nbytes == size + CACHE_LINE]
        block = idle[0] if idle else np.empty(size + CACHE_LINE, np.uint8)
        first = -block.ctypes.data % CACHE_LINE
        view = block[first : first + size]
        # More than one idle block of a size is left over from a time when more were in use.
        self._blocks = [(other, seen) for other, seen in self._blocks if not any(other is block for block in idle)]
        self._blocks.append((block, weakref.ref(view)))
        return torch.from_numpy(view).view(like.dtype).view(like.shape)
