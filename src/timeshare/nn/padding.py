"""Ragged batches: masks, and moving sentences about in their padded rows."""

import torch
from torch import Tensor

from timeshare.nn.graph import looks_at_no_values


def readable(values: Tensor) -> bool:
    """Whether values may be looked at: a graph has none, and an accelerator would have to be waited for."""
    return values.device.type == "cpu" and not looks_at_no_values()


def check_lengths(lengths: Tensor | None, batch_size: int, num_steps: int) -> None:
    """Refuse lengths that no batch of `batch_size` rows of `num_steps` steps can have; None stands for all T.

    Lengths on an accelerator are taken as they are: to look at them, all the work before them would have to be done.

    Raises:
        ValueError: the batch is empty, the shape is not [B], the type is not integer, or a length is not in 1 .. T;
            the message says which.
        TypeError: they are no tensor.
    """
    if batch_size == 0:
        raise ValueError("the batch is empty: it has 0 sequences")
    if num_steps == 0:
        raise ValueError("the batch is empty: its sequences have 0 steps")
    if lengths is None:
        return
    if not isinstance(lengths, Tensor):
        raise TypeError(f"lengths must be a tensor, not {type(lengths).__name__}: torch.tensor(lengths)")
    if lengths.shape != (batch_size,) or lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise ValueError(
            f"lengths must be {batch_size} whole numbers, one for each sequence; "
            f"they are {lengths.dtype} of shape {tuple(lengths.shape)}"
        )
    if not readable(lengths):
        return
    bad = ((lengths < 1) | (lengths > num_steps)).nonzero().flatten()
    if len(bad):
        row = int(bad[0])
        raise ValueError(f"lengths[{row}] is {int(lengths[row])}; each must be in 1 .. {num_steps}, the padded steps")


def length_mask(lengths: Tensor, num_steps: int) -> Tensor:
    """True on real tokens of right-padded rows: bool [B, T].

    >>> length_mask(torch.tensor([1, 3]), 3).tolist()
    [[True, False, False], [True, True, True]]
    """
    return torch.arange(num_steps, device=lengths.device) < lengths.unsqueeze(1)


def reverse_padded(padded: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each right-padded row within its own length; the padding stays where it is.

    >>> reverse_padded(torch.tensor([[1, 2, 0], [1, 2, 3]]), torch.tensor([2, 3])).tolist()
    [[2, 1, 0], [3, 2, 1]]
    """
    steps = torch.arange(padded.shape[1], device=padded.device)
    mirrored = lengths.unsqueeze(1) - 1 - steps
    return _pick_steps(padded, torch.where(mirrored >= 0, mirrored, steps))


def shift_to_end(padded: Tensor, lengths: Tensor) -> Tensor:
    """Turn right-padded rows into left-padded ones (rotating, so that padding entries keep their values).

    >>> shift_to_end(torch.tensor([[1, 2, 0], [1, 2, 3]]), torch.tensor([2, 3])).tolist()
    [[0, 1, 2], [1, 2, 3]]
    """
    num_steps = padded.shape[1]
    steps = torch.arange(num_steps, device=padded.device)
    turned = steps + lengths.unsqueeze(1)
    # No remainder: ONNX has none by a number of steps that is open.
    return _pick_steps(padded, torch.where(turned < num_steps, turned, turned - num_steps))


def shift_to_start(padded: Tensor, lengths: Tensor) -> Tensor:
    """Turn left-padded rows into right-padded ones; the inverse of `shift_to_end`.

    >>> shift_to_start(torch.tensor([[0, 1, 2], [1, 2, 3]]), torch.tensor([2, 3])).tolist()
    [[1, 2, 0], [1, 2, 3]]
    """
    num_steps = padded.shape[1]
    steps = torch.arange(num_steps, device=padded.device)
    turned = steps - lengths.unsqueeze(1)
    return _pick_steps(padded, torch.where(turned >= 0, turned, turned + num_steps))


def last_steps(padded: Tensor, lengths: Tensor) -> Tensor:
    """The value at each row's own last step: [B, T, ...] to [B, ...]."""
    return padded[torch.arange(lengths.shape[0], device=padded.device), lengths - 1]


def _pick_steps(padded: Tensor, steps: Tensor) -> Tensor:
    rows = torch.arange(padded.shape[0], device=padded.device).unsqueeze(1)
    return padded[rows, steps]
