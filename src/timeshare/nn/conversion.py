"""torch's own recurrent layers as layers of this library, and back."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from timeshare.nn.cells.contract import Cell
from timeshare.nn.cells.gru import GRU
from timeshare.nn.cells.lstm import LSTM
from timeshare.nn.cells.rnn import RELU, RNN

if TYPE_CHECKING:
    from timeshare.nn.layer import TimeLayer
    from timeshare.nn.recurrent import TimeRecurrent

# torch.nn.RNNBase.mode -> the cell.
MODES: dict[str, Cell] = {"LSTM": LSTM, "GRU": GRU, "RNN_TANH": RNN, "RNN_RELU": RELU}
_KINDS: dict[str, Callable[..., nn.RNNBase]] = {
    "LSTM": nn.LSTM,
    "GRU": nn.GRU,
    "RNN_TANH": nn.RNN,
    "RNN_RELU": partial(nn.RNN, nonlinearity="relu"),
}


@torch.no_grad()
def copy_from_torch(module: nn.RNNBase, net: "TimeRecurrent") -> None:
    """Give every set of a net the weights of torch's layer, and zero to what deviates from them."""
    for layer, suffix in zip(net.time_layers(), _suffixes(net), strict=True):
        for name, stack in _stacks(layer):
            stack[0] = getattr(module, name + suffix)
            layer.sharing.relate_sets(stack, "equal")


@torch.no_grad()
def as_torch(net: "TimeRecurrent") -> nn.RNNBase:
    """torch's own layer that computes what a net computes; see TimeRecurrent.to_torch."""
    mode = next((mode for mode, cell in MODES.items() if cell is net.cell), None)
    layers = net.time_layers()
    if mode is None or not net.is_function_of_time or any(layer.norms is not None for layer in layers):
        raise ValueError("torch has no such layer: its cells are LSTM, GRU and RNN, without LayerNorm, and not 'hyper'")
    different = [name for layer in layers for name, stack in _stacks(layer) if not _same_at_each_step(layer, stack)]
    if different:
        raise ValueError(
            f"torch's layers have one set of weights for all steps, but {different[0]} of sharing {net.sharing!r} "
            f"differs between steps: use this layer as it is (torch.export and torch.onnx take it)"
        )
    like = layers[0].weight_ih
    with torch.device("meta"):  # without drawing weights that are overwritten
        module = _KINDS[mode](
            net.input_size,
            net.hidden_size,
            num_layers=net.num_layers,
            bias=net.bias,
            batch_first=net.batch_first,
            dropout=net.dropout,
            bidirectional=net.bidirectional,
            dtype=like.dtype,
        )
    module.to_empty(device=like.device)
    for layer, suffix in zip(layers, _suffixes(net), strict=True):
        for name, stack in _stacks(layer):
            getattr(module, name + suffix).copy_(stack[0])
    return module.train(net.training)


def _stacks(layer: "TimeLayer") -> list[tuple[str, Tensor]]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [(name, stack) for name in names if isinstance(stack := getattr(layer, name), nn.Parameter)]


def _suffixes(net: "TimeRecurrent") -> list[str]:
    """What torch puts behind the names of the weights of each of `layers`."""
    directions = ("", "_reverse")[: net.num_directions]
    return [f"_l{level}{direction}" for level in range(net.num_layers) for direction in directions]


def _same_at_each_step(layer: "TimeLayer", stack: Tensor) -> bool:
    """Whether the drawn sets are equal, the deviations zero, and the proportions of the drawn ones sum to one."""
    scheme = layer.sharing
    drawn, deviations = stack[: scheme.random_sets], stack[scheme.random_sets :]
    total = scheme.coefficients(range(scheme.extent or scheme.num_sets))[:, : scheme.random_sets].sum(1)
    whole = torch.allclose(total, torch.ones_like(total))
    return whole and bool((drawn == drawn[0]).all()) and not bool(deviations.any())
