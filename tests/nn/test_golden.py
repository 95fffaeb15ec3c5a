"""Whole layers beside numbers worked out by loops over plain floats, with weights of which no two are alike."""

import math
from collections.abc import Callable
from itertools import count

import pytest
import torch

from tests.nn.layers import WEIGHTS
from timeshare.nn import TimeLSTM, TimeRNN

STEPS, SIZE = 5, 2
GAUSS = [[math.exp(-((t / 4 - k / 2) ** 2) / (2 * 0.5**2)) for k in range(3)] for t in range(STEPS)]
# phi_k(t), written out.
PHI: dict[str, tuple[dict, list[list[float]]]] = {
    "shared": ({"sharing": "shared"}, [[1.0]] * 5),
    "unshared": (
        {"sharing": "unshared", "extent": 3, "beyond": "cycle"},
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]],
    ),
    "periodic": ({"sharing": "periodic", "num_sets": 2}, [[1, 0], [0, 1], [1, 0], [0, 1], [1, 0]]),
    "segments": (
        {"sharing": "segments", "bounds": (1, 3), "extent": 4},
        [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]],
    ),
    "fourier": (
        {"sharing": "basis", "num_sets": 3, "scale": 4.0},
        [[1, 1, 0], [1, 0, 1], [1, -1, 0], [1, 0, -1], [1, 1, 0]],
    ),
    "polynomial": (
        {"sharing": "basis", "basis": "polynomial", "num_sets": 3, "scale": 2.0},
        [[1, t / 2, t * t / 4] for t in range(STEPS)],
    ),
    "rbf": (
        {"sharing": "basis", "basis": "rbf", "num_sets": 3, "scale": 4.0},
        [[bump / sum(bumps) for bump in bumps] for bumps in GAUSS],
    ),
}
# The last hidden state (h_1, h_2), as this file's loops gave it once.
GOLDEN: dict[tuple[str, str], tuple[float, float]] = {
    ("TimeLSTM", "shared"): (0.073307743033454, 0.133326719287463),
    ("TimeLSTM", "unshared"): (0.034287914457133, 0.135967937929224),
    ("TimeLSTM", "periodic"): (-0.108278854152442, -0.283215631705452),
    ("TimeLSTM", "segments"): (-0.040731273143239, -0.177421800050907),
    ("TimeLSTM", "fourier"): (0.168899770102208, 0.145117533394688),
    ("TimeLSTM", "polynomial"): (0.036325809969584, 0.011654849322048),
    ("TimeLSTM", "rbf"): (0.064748309449852, -0.029381213824341),
    ("TimeRNN", "shared"): (0.678907382699789, -0.820716037446021),
    ("TimeRNN", "unshared"): (0.496387342481992, 0.846916712216357),
    ("TimeRNN", "periodic"): (0.632633708746098, -0.500453113094331),
    ("TimeRNN", "segments"): (-0.612112165891730, -0.804088545907067),
    ("TimeRNN", "fourier"): (0.786056119503703, 0.863823933778451),
    ("TimeRNN", "polynomial"): (-0.601282853504399, -0.998501799546115),
    ("TimeRNN", "rbf"): (-0.115210009414338, -0.464988544191797),
}


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def numbers() -> Callable[[], float]:
    """0.45 sin 1, 0.45 sin 2, ...: no two alike."""
    places = count(1)
    return lambda: 0.45 * math.sin(next(places))


def weights(gates: int, sets: int) -> dict[str, list]:
    """Each of WEIGHTS as nested lists, filled in their order and row by row."""
    draw, rows = numbers(), gates * SIZE
    matrix = [[[[draw() for _ in range(SIZE)] for _ in range(rows)] for _ in range(sets)] for _ in range(2)]
    bias = [[[draw() for _ in range(rows)] for _ in range(sets)] for _ in range(2)]
    return dict(zip(WEIGHTS, (*matrix, *bias), strict=True))


def last_hidden(lstm: bool, phi: list[list[float]], x: list[list[float]]) -> list[float]:
    """The equations, one number at a time."""
    stacks = weights(4 if lstm else 1, len(phi[0]))
    h, c = [0.0] * SIZE, [0.0] * SIZE
    for proportions, word in zip(phi, x, strict=True):
        z = []
        for row in range((4 if lstm else 1) * SIZE):
            total = 0.0
            for k, share in enumerate(proportions):
                total += share * (stacks["bias_ih"][k][row] + stacks["bias_hh"][k][row])
                total += share * sum(stacks["weight_ih"][k][row][e] * word[e] for e in range(SIZE))
                total += share * sum(stacks["weight_hh"][k][row][j] * h[j] for j in range(SIZE))
            z.append(total)
        if not lstm:
            h = [math.tanh(value) for value in z]
            continue
        for j in range(SIZE):
            i, f, g, o = (z[gate * SIZE + j] for gate in range(4))
            c[j] = sigmoid(f) * c[j] + sigmoid(i) * math.tanh(g)
            z[j] = sigmoid(o) * math.tanh(c[j])
        h = z[:SIZE]
    return h


@pytest.mark.parametrize("kind", [TimeLSTM, TimeRNN])
@pytest.mark.parametrize("name", PHI)
def test_a_layer_is_its_equations_with_the_weights_of_each_step(kind: type[TimeLSTM | TimeRNN], name: str) -> None:
    scheme, phi = PHI[name]
    lstm = kind is TimeLSTM
    x = [[math.cos(3 * t + e) for e in range(SIZE)] for t in range(STEPS)]
    expected = last_hidden(lstm, phi, x)
    assert expected == pytest.approx(GOLDEN[kind.__name__, name], abs=1e-12)
    layer = kind(SIZE, SIZE, **scheme).double()
    with torch.no_grad():
        for stack_name, values in weights(4 if lstm else 1, len(phi[0])).items():
            getattr(layer.layers[0], stack_name).copy_(torch.tensor(values, dtype=torch.float64))
    for fast in (True, False):
        layer.layers[0].fast = fast
        output, _ = layer(torch.tensor([x], dtype=torch.float64))
        assert output[0, -1].tolist() == pytest.approx(expected, abs=1e-12)
