"""Every scheme, small; and torch's own layers with the same weights."""

from typing import Any

import torch
from torch import Tensor, nn

from timeshare.nn import TimeLSTM, TimeRNN

# Sentences of up to 9 steps run past the extents below.
SCHEMES: dict[str, dict[str, Any]] = {
    "shared": {"sharing": "shared"},
    "unshared": {"sharing": "unshared", "extent": 10},
    "unshared, held": {"sharing": "unshared", "extent": 4},
    "unshared, cycled": {"sharing": "unshared", "extent": 4, "beyond": "cycle"},
    "periodic": {"sharing": "periodic", "num_sets": 3},
    "segments": {"sharing": "segments", "num_sets": 3, "extent": 8},
    "segments, bounded": {"sharing": "segments", "bounds": (2, 3), "extent": 8, "beyond": "cycle"},
    "mixture": {"sharing": "mixture", "num_sets": 3, "extent": 5},
    "fourier": {"sharing": "basis", "basis": "fourier", "num_sets": 4, "scale": 5.0},
    "polynomial": {"sharing": "basis", "basis": "polynomial", "num_sets": 3, "scale": 9.0},
    "rbf": {"sharing": "basis", "basis": "rbf", "num_sets": 3, "scale": 5.0},
    "constant": {"sharing": "basis", "basis": "constant", "num_sets": 2, "scale": 5.0},
}
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
Recurrent = TimeLSTM | TimeRNN


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal numbers, float64."""
    return torch.randn(*shape, dtype=torch.float64, generator=generator(seed))


def build(kind: type[Recurrent], scheme: dict[str, Any], *sizes: int, **options: Any) -> Recurrent:
    """A layer in float64 with distinct sets (deviations too are drawn, not left at zero)."""
    source = generator(7)
    layer = kind(*sizes, **scheme, **options, generator=source).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.4, generator=source)
    return layer


def torch_twin(layer: Recurrent) -> nn.RNNBase:
    """torch's own layer; all sets of `layer` are made equal to its weights (deviations are made zero)."""
    kind = nn.LSTM if isinstance(layer, TimeLSTM) else nn.RNN
    twin = kind(
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
            for name in WEIGHTS:
                stack = getattr(part, name)
                stack.zero_()
                stack[: part.sharing.random_sets] = getattr(twin, f"{name}_l{level}{'_reverse' * direction}")
    return twin


def as_tuple(final: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return final if isinstance(final, tuple) else (final,)
