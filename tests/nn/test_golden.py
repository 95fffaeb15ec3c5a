"""Whole layers beside numbers worked out by loops over plain floats, with weights of which no two are alike."""

import math
from collections.abc import Callable
from itertools import count

import pytest
import torch

from tests.nn.layers import WEIGHTS, build

STEPS, SIZE = 5, 2
GATES = {"lstm": 4, "rnn": 1, "gru": 3}
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
    ("lstm", "shared"): (0.073307743033454, 0.133326719287463),
    ("lstm", "unshared"): (0.034287914457133, 0.135967937929224),
    ("lstm", "periodic"): (-0.108278854152442, -0.283215631705452),
    ("lstm", "segments"): (-0.040731273143239, -0.177421800050907),
    ("lstm", "fourier"): (0.168899770102208, 0.145117533394688),
    ("lstm", "polynomial"): (0.036325809969584, 0.011654849322048),
    ("lstm", "rbf"): (0.064748309449852, -0.029381213824341),
    ("rnn", "shared"): (0.678907382699789, -0.820716037446021),
    ("rnn", "unshared"): (0.496387342481992, 0.846916712216357),
    ("rnn", "periodic"): (0.632633708746098, -0.500453113094331),
    ("rnn", "segments"): (-0.612112165891730, -0.804088545907067),
    ("rnn", "fourier"): (0.786056119503703, 0.863823933778451),
    ("rnn", "polynomial"): (-0.601282853504399, -0.998501799546115),
    ("rnn", "rbf"): (-0.115210009414338, -0.464988544191797),
    ("gru", "shared"): (-0.358411160815738, -0.316184726579908),
    ("gru", "unshared"): (0.762930423219566, 0.243281056354001),
    ("gru", "periodic"): (0.278308242868952, 0.046270070326285),
    ("gru", "segments"): (0.704421984621217, 0.324430206796703),
    ("gru", "fourier"): (0.898172956080517, -0.080631966904753),
    ("gru", "polynomial"): (0.999974341678720, 0.918747191006895),
    ("gru", "rbf"): (0.716935595253755, 0.286415591296904),
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


def last_hidden(cell: str, phi: list[list[float]], x: list[list[float]]) -> list[float]:
    """The equations, one number at a time."""
    gates = GATES[cell]
    stacks = weights(gates, len(phi[0]))
    h, c = [0.0] * SIZE, [0.0] * SIZE
    for proportions, word in zip(phi, x, strict=True):
        by_input, by_hidden = (
            [
                sum(
                    share * (stacks[bias][k][row] + sum(stacks[weight][k][row][e] * read[e] for e in range(SIZE)))
                    for k, share in enumerate(proportions)
                )
                for row in range(gates * SIZE)
            ]
            for weight, bias, read in (("weight_ih", "bias_ih", word), ("weight_hh", "bias_hh", h))
        )
        z = [sum(pair) for pair in zip(by_input, by_hidden, strict=True)]
        if cell == "rnn":
            h = [math.tanh(value) for value in z]
        elif cell == "gru":
            reset, update = ([sigmoid(z[gate * SIZE + j]) for j in range(SIZE)] for gate in range(2))
            new = [math.tanh(by_input[2 * SIZE + j] + reset[j] * by_hidden[2 * SIZE + j]) for j in range(SIZE)]
            h = [(1 - update[j]) * new[j] + update[j] * h[j] for j in range(SIZE)]
        else:
            for j in range(SIZE):
                i, f, g, o = (z[gate * SIZE + j] for gate in range(4))
                c[j] = sigmoid(f) * c[j] + sigmoid(i) * math.tanh(g)
                z[j] = sigmoid(o) * math.tanh(c[j])
            h = z[:SIZE]
    return h


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("name", PHI)
def test_a_layer_is_its_equations_with_the_weights_of_each_step(cell: str, name: str) -> None:
    scheme, phi = PHI[name]
    x = [[math.cos(3 * t + e) for e in range(SIZE)] for t in range(STEPS)]
    expected = last_hidden(cell, phi, x)
    assert expected == pytest.approx(GOLDEN[cell, name], abs=1e-12)
    layer = build(cell, scheme, SIZE, SIZE)
    with torch.no_grad():
        for stack_name, values in weights(GATES[cell], len(phi[0])).items():
            getattr(layer.layers[0], stack_name).copy_(torch.tensor(values, dtype=torch.float64))
    for fast in (True, False):
        layer.layers[0].plain = not fast
        output, _ = layer(torch.tensor([x], dtype=torch.float64))
        assert output[0, -1].tolist() == pytest.approx(expected, abs=1e-12)
