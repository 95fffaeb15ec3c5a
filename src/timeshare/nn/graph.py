"""The loop over time as one node of a graph, and when there is a graph: for torch.export and what builds on it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from timeshare.nn.cells.contract import State
    from timeshare.nn.spans import Spans


def looks_at_no_values() -> bool:
    """Whether a graph is made, or torch.func transforms what runs: then Python may not depend on what tensors hold."""
    return torch.compiler.is_compiling() or is_transformed()


def is_transformed() -> bool:
    """Whether torch.func.grad, vmap or another transform of torch.func is at work; autograd.Function itself asks so."""
    return torch._C._are_functorch_transforms_active()


def is_open(num_steps: int) -> bool:
    """Whether an exported graph leaves the number of steps open."""
    if not torch.compiler.is_exporting():
        return False
    # Dynamo, which strict export begins with, takes a symbol for a number.
    return torch.compiler.is_dynamo_compiling() or isinstance(num_steps, torch.SymInt)


def scan_in_graph(
    step: Callable[[tuple[Tensor, ...], "State"], "State"], inputs: tuple[Tensor, ...], state: "State", spans: "Spans"
) -> tuple[Tensor, "State"]:
    """The loop of `scan_plainly` as torch's scan operator: for any number of steps, and ONNX has a node for it.

    Args:
        step: (what `inputs` hold at a step, the state) to the state after it; parts float [B, ...].
        inputs: each [T, ...].
        state: the initial state.
        spans: the steps of each sequence.

    Returns:
        (output [B, T, H], the state after each sequence's last step).
    """
    from torch._higher_order_ops.scan import scan as scan_operator

    def advance(state: "State", now: tuple[Tensor, ...]) -> tuple["State", "State"]:
        number, *read = now
        after = step(tuple(read), state)
        if spans.starts is not None:
            started = (spans.starts <= number).unsqueeze(1)
            after = tuple(torch.where(started, new, old) for new, old in zip(after, state, strict=True))
        return after, tuple(part.clone() for part in after)  # it may give no tensor twice

    numbers = torch.arange(spans.num_steps, device=inputs[0].device)
    # The operator compiles the step, where the sizes of the weights would be left open too, in export and wherever
    # another layer was exported before: one that happens to be the batch's would then close that.
    with nullcontext() if torch.compiler.is_dynamo_compiling() else _closed_sizes():
        final, history = scan_operator(advance, state, (numbers, *inputs))
    return spans.finish([part.transpose(0, 1) for part in history], tuple(final))


def _closed_sizes() -> AbstractContextManager[object]:
    return torch._dynamo.config.patch(assume_static_by_default=True, automatic_dynamic_shapes=False)
