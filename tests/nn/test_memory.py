"""Recycled memory: used again when it is free, and only then."""

import copy

import torch

from timeshare.nn import TimeLSTM
from timeshare.nn.memory import SMALLEST, RecycledMemory

SHAPE, LIKE = (SMALLEST // 4, 1), torch.empty(0)


def test_memory_is_used_again_once_its_tensor_is_gone() -> None:
    memory = RecycledMemory()
    first = memory.empty(SHAPE, LIKE)
    address = first.data_ptr()
    del first
    assert memory.empty(SHAPE, LIKE).data_ptr() == address


def test_memory_in_use_is_never_handed_out() -> None:
    memory = RecycledMemory()
    views = [memory.empty(SHAPE, LIKE)[5:7].t() for _ in range(3)]
    assert len({view.data_ptr() for view in views}) == 3
    views.pop()
    again = memory.empty(SHAPE, LIKE)
    assert all(not _overlap(again, view) for view in views)


def test_a_copy_shares_nothing() -> None:
    memory = RecycledMemory()
    held = memory.empty(SHAPE, LIKE)
    twin = copy.deepcopy(memory).empty(SHAPE, LIKE)
    assert not _overlap(twin, held)


def test_shape_type_and_alignment_are_those_asked_for() -> None:
    tensor = RecycledMemory().empty((3, SMALLEST), torch.empty(0, dtype=torch.bfloat16))
    assert tensor.shape == (3, SMALLEST)
    assert tensor.dtype == torch.bfloat16
    assert tensor.is_contiguous()
    assert tensor.data_ptr() % 64 == 0


def test_gradients_that_are_kept_stay_what_they_were_and_those_dropped_are_overwritten() -> None:
    layer = TimeLSTM(64, 64, batch_first=True, sharing="unshared", extent=32)
    weight = layer.layers[0].weight_hh
    assert weight.numel() * 4 >= SMALLEST
    places = set()
    x = torch.ones(2, 32, 64)

    layer(x)[0].sum().backward()
    kept, before = weight.grad, weight.grad.clone()
    places |= {part.grad.data_ptr() for part in layer.parameters()}
    layer.zero_grad()
    layer(2 * x)[0].sum().backward()
    assert torch.equal(kept, before)
    assert not torch.equal(weight.grad, before)
    places |= {part.grad.data_ptr() for part in layer.parameters()}

    del kept
    layer.zero_grad()
    layer(x)[0].sum().backward()
    assert weight.grad.data_ptr() in places
    assert torch.equal(weight.grad, before)


def test_gradients_add_up_over_backward_passes() -> None:
    layer = TimeLSTM(64, 64, batch_first=True, sharing="unshared", extent=32)
    x = torch.ones(2, 32, 64)
    layer(x)[0].sum().backward()
    once = layer.layers[0].weight_hh.grad.clone()
    layer(x)[0].sum().backward()
    assert torch.equal(layer.layers[0].weight_hh.grad, 2 * once)


def _overlap(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()
