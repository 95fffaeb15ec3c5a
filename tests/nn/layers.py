"""Every cell and every scheme of the tables, small; and torch's own layers with the same weights."""

import shutil
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from timeshare.nn import TimeRecurrent
from timeshare.nn.cells import CELLS, load_cell
from timeshare.nn.schemes import SCHEMES as TABLE

# What each scheme of the table is given of what it reads; sentences of up to 9 steps run past this extent.
_GIVEN: dict[str, Any] = {"num_sets": 3, "extent": 8, "scale": 5.0}
SCHEMES: dict[str, dict[str, Any]] = {
    name: {"sharing": name, **{option: value for option, value in _GIVEN.items() if option in scheme.reads}}
    for name, scheme in TABLE.items()
} | {
    "unshared, extent enough": {"sharing": "unshared", "extent": 10},
    "unshared, held": {"sharing": "unshared", "extent": 4},
    "unshared, cycled": {"sharing": "unshared", "extent": 4, "beyond": "cycle"},
    "segments, bounded": {"sharing": "segments", "bounds": (2, 3), "extent": 8, "beyond": "cycle"},
    "mixture, held": {"sharing": "mixture", "num_sets": 3, "extent": 5},
    "fourier": {"sharing": "basis", "basis": "fourier", "num_sets": 4, "scale": 5.0},
    "polynomial": {"sharing": "basis", "basis": "polynomial", "num_sets": 3, "scale": 9.0},
    "rbf": {"sharing": "basis", "basis": "rbf", "num_sets": 3, "scale": 5.0},
    "constant": {"sharing": "basis", "basis": "constant", "num_sets": 2, "scale": 5.0},
}
TWINS = {"lstm": nn.LSTM, "rnn": nn.RNN, "gru": nn.GRU}
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
NAMES = tuple(CELLS)
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal numbers, float64."""
    return torch.randn(*shape, dtype=torch.float64, generator=generator(seed))


def build(cell, scheme: dict[str, Any], *sizes: int, **options: Any) -> TimeRecurrent:
    """A layer in float64 with distinct sets (deviations too are drawn, not left at zero)."""
    source = generator(7)
    layer = TimeRecurrent(
        *sizes, cell=load_cell(cell), **scheme, **{"batch_first": True, **options}, generator=source
    ).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.4, generator=source)
    return layer


def torch_twin(cell: str, layer: TimeRecurrent) -> nn.RNNBase:
    """torch's own layer; all sets of `layer` are made equal to its weights, and what deviates from them zero."""
    twin = TWINS[cell](
        layer.input_size,
        layer.hidden_size,
        layer.num_layers,
        batch_first=True,
        bidirectional=layer.bidirectional,
        dtype=torch.float64,
    )
    source = generator(11)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.normal_(std=0.5, generator=source)
        for index, part in enumerate(layer.layers):
            level, direction = divmod(index, layer.num_directions)
            part.reset_parameters(source)
            for name in WEIGHTS:
                stack = getattr(part, name)
                stack[: part.sharing.random_sets] = getattr(twin, f"{name}_l{level}{'_reverse' * direction}")
    return twin


def initial_state(layer: TimeRecurrent, batch: int) -> tuple[Tensor, ...]:
    """Standard normal numbers, that ask for gradients."""
    depth = len(layer.layers)
    parts = range(layer.cell.num_states)
    return tuple(draw(depth, batch, layer.hidden_size, seed=1 + part).requires_grad_() for part in parts)


def bare(state: tuple[Tensor, ...]) -> Tensor | tuple[Tensor, ...]:
    """A state as torch's layers take it."""
    return state[0] if len(state) == 1 else state


def as_tuple(final: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return final if isinstance(final, tuple) else (final,)
