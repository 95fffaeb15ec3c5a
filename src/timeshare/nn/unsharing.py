"""A net with weights for each step, which begins as another net."""

import copy
from typing import cast

import torch
from torch import nn

from timeshare.nn.choices import Beyond
from timeshare.nn.layer import TimeLayer
from timeshare.nn.recurrent import TimeRecurrent
from timeshare.nn.schemes.unshared import Unshared


def unshare(net: TimeRecurrent, extent: int, beyond: Beyond = "hold") -> TimeRecurrent:
    """Copy the weights that a net has at each step into a net with a set of its own for each of them.

    Up to the extent the two compute the same function. The copy has `extent` times the weights of a shared net.

    Args:
        net: any cell and scheme whose weights are a function of the step, steps counted from the start.
        extent: T, steps that get weights of their own.
        beyond: the copy's rule for steps beyond them.

    Raises:
        ValueError: the weights depend on the input ('hyper'), or steps are counted back from the end.

    >>> from timeshare.nn import TimeLSTM
    >>> free = unshare(TimeLSTM(3, 4), extent=5)
    >>> free.sharing, free.num_sets
    ('unshared', 5)
    """
    if not net.is_function_of_time or (net.align != "start" and net.num_sets > 1):
        raise ValueError("only weights that are a function of the step, counted from the start, can be copied")
    free = copy.deepcopy(net)
    free.sharing = "unshared"
    for layer in cast("list[TimeLayer]", free.layers):
        with torch.no_grad():
            by_step = zip(*layer.weights_at(range(extent)), strict=True)
            stacks = [torch.stack(steps) for steps in by_step]
        for name, stack in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), stacks, strict=True):
            learned = isinstance(getattr(layer, name), nn.Parameter)
            setattr(layer, name, nn.Parameter(stack) if learned else stack)
        layer.sharing = Unshared(extent, beyond)
    return free
