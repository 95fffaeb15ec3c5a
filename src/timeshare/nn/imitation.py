"""A shared RNN that does exactly what an unshared one does, T times as wide."""

from typing import cast

import torch
from torch import Tensor, nn

from timeshare.nn.cells.rnn import RNN
from timeshare.nn.layer import TimeLayer
from timeshare.nn.recurrent import TimeRecurrent


def imitate(rnn: TimeRecurrent, num_steps: int | None = None) -> nn.RNN:
    """Build the torch.nn.RNN, one set of weights for all steps, that imitates an RNN with a set for each.

    Its hidden size is T * H. W_hh is block sub-diagonal, with the imitated W_hh of step t in block (t, t - 1); W_ih
    and the biases are those of the steps, stacked. After t tokens from a zero state its block t - 1 (0-based) is the
    imitated state: block 0 reads no state, and each block reads the one before it, a step earlier. The other blocks
    hold values that nobody reads; `imitated_state` reads the right one. The first step's W_hh has no place, since it
    meets a zero state only; nor does an LSTM's cell state, which no W_hh routes.

    Args:
        rnn: one layer, one direction, steps counted from the start, no LayerNorm; any scheme of sharing.
        num_steps: T, the longest sentence to imitate; None: the extent of `rnn`.

    Raises:
        ValueError: `rnn` is of another kind, or has no extent and num_steps is missing.
    """
    if rnn.cell is not RNN:
        raise ValueError(
            f"only a TimeRNN can be imitated, not a {type(rnn).__name__}: W_hh does not route all it keeps"
        )
    layer, more = cast(TimeLayer, rnn.layers[0]), len(rnn.layers) > 1
    if more or rnn.align != "start" or layer.norms is not None or not rnn.is_function_of_time:
        raise ValueError("only one layer in one direction, counted from the start and without LayerNorm, is imitated")
    num_steps = num_steps or rnn.extent
    if num_steps is None:
        raise ValueError(f"sharing {rnn.sharing!r} has no extent: give num_steps")
    size = rnn.hidden_size
    with torch.no_grad():
        weights = layer.weights_at(range(num_steps))
        first = weights[0][0]
        with torch.device("meta"):  # without drawing weights that are overwritten
            wide = nn.RNN(rnn.input_size, num_steps * size, batch_first=True, dtype=first.dtype)
        wide.to_empty(device=first.device)
        stacked = dict(wide.named_parameters())
        for parameter in stacked.values():
            parameter.zero_()
        for step, (weight_ih, weight_hh, bias_ih, bias_hh) in enumerate(weights):
            rows = slice(step * size, (step + 1) * size)
            stacked["weight_ih_l0"][rows] = weight_ih
            stacked["bias_ih_l0"][rows] = bias_ih if bias_hh is None else bias_ih + bias_hh
            if step:
                stacked["weight_hh_l0"][rows, (step - 1) * size : step * size] = weight_hh
    return wide


def imitated_state(output: Tensor, lengths: Tensor, hidden_size: int) -> Tensor:
    """Read block L of the imitating net after L tokens.

    Args:
        output: float [B, T, S * H], what the net from `imitate` gives for a padded batch, S >= the longest length.
        lengths: int64 [B].
        hidden_size: H, of the imitated net.

    Returns:
        float [B, H], the imitated final states.
    """
    rows = torch.arange(len(lengths), device=output.device)
    blocks = output.unflatten(2, (-1, hidden_size))
    return blocks[rows, lengths - 1, lengths - 1]
