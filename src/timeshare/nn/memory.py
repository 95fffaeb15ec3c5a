"""Memory that is used again, step after step: weight gradients, weights formed on the way, constants on a device."""

import contextlib
import math
import mmap
import weakref

import torch
from torch import Tensor

SMALLEST = 1 << 20  # bytes; the allocator keeps smaller blocks by itself


class RecycledMemory:
    """Hands out a tensor's memory again once no tensor lives in it.

    The weight gradients of an unshared layer are tens of megabytes, which the allocator returns to the system when
    `zero_grad` drops them; getting them back a page at a time costs more than the arithmetic that fills them. The same
    holds for the weights that a mixture forms. Only for shapes that recur: memory of other shapes stays.

    The memory comes from the system in whole pages (huge ones, where it has them). Each tensor is made from a fresh
    memoryview of it, which lives exactly as long as some tensor, view or `.grad` uses it; memory whose last view still
    lives is never handed out. A copy or a pickle of this object is empty.
    """

    def __init__(self) -> None:
        self._blocks: list[tuple[mmap.mmap, weakref.ref[memoryview]]] = []

    def __reduce__(self) -> tuple[type["RecycledMemory"], tuple[()]]:
        return type(self), ()

    def empty(self, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """An uninitialised, contiguous tensor of this shape, with the type and device of `like`."""
        size = math.prod(shape) * like.element_size()
        if like.device.type != "cpu" or size < SMALLEST:
            return like.new_empty(shape)
        free = [place for place, (block, view) in enumerate(self._blocks) if view() is None and len(block) == size]
        block = self._blocks.pop(free[0])[0] if free else _pages(size)
        view = memoryview(block)
        self._blocks.append((block, weakref.ref(view)))
        return torch.frombuffer(view, dtype=like.dtype).view(shape)


def _pages(size: int) -> mmap.mmap:
    """Fresh memory that no other process shares, not one forked from this either."""
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE) if hasattr(mmap, "MAP_PRIVATE") else mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a system built without them
            block.madvise(mmap.MADV_HUGEPAGE)
    return block


class DeviceConstants:
    """Copies of small constant tensors on the device that reads them, each sent there once.

    To send one at each step is to wait for the device each time; and a captured CUDA graph would go on to read what was
    sent while it was captured, whose memory is another's by then. What is sent stays for as long as this object does. A
    copy or a pickle of it is empty.
    """

    def __init__(self) -> None:
        self._sent: dict[tuple[object, ...], Tensor] = {}

    def __reduce__(self) -> tuple[type["DeviceConstants"], tuple[()]]:
        return type(self), ()

    def on(self, device: torch.device, constant: Tensor) -> Tensor:
        """A tensor on this device; what is there already (it may be learned) is returned as it is."""
        if constant.device == device or torch.compiler.is_compiling():
            return constant.to(device)
        key = device, constant.dtype, constant.shape, *constant.flatten().tolist()
        if key not in self._sent:
            with torch.inference_mode(False):  # it may be asked for in evaluation first, and then in training
                self._sent[key] = constant.to(device)
        return self._sent[key]
