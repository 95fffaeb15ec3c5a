"""A task whose weights drift over time: the synthetic task of "Relaxed Parameter Sharing" (Oh et al., MLHC 2019).

As in the authors' published code: inputs x [N, T, d], a share of them uniform in [0, 1) and the others 0 (theirs are in
[0, 100): a matter of units); targets

    y_t = sum_{i < l} sum_j a_t[i] b_t[j] x_{t-l+i, j}    for t >= l,

with a_t, b_t two distributions, over the last l steps and over the d inputs. At t = l they are uniform draws, and from
step to step each entry changes by U(-delta, delta); each time they are then rescaled to [0, 1] and normalised to sum 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from timeshare.questions.drift.settings import RelaxedSettings

Array = NDArray[np.float64]


class Drift(NamedTuple):
    """The task's weights.

    Attributes:
        steps: over the last l steps, [T, l]; 0 before step l.
        inputs: over the inputs, [T, d]; likewise.
    """

    steps: Array
    inputs: Array


def draw_drift(random: np.random.Generator, delta: float, settings: RelaxedSettings) -> Drift:
    """Draw the weights of one task."""

    def walk(size: int) -> Array:
        rows = np.zeros((settings.num_steps, size))
        rows[settings.memory] = as_distribution(random.uniform(size=size))
        for step in range(settings.memory + 1, settings.num_steps):
            rows[step] = as_distribution(rows[step - 1] + random.uniform(-delta, delta, size=size))
        return rows

    return Drift(walk(settings.memory), walk(settings.inputs))


def draw_rows(random: np.random.Generator, drift: Drift, settings: RelaxedSettings) -> tuple[Array, Array]:
    """Draw inputs [N, T, d], and their targets [N, T], which are 0 before step l."""
    shape = (settings.rows, settings.num_steps, settings.inputs)
    x = np.zeros(shape)
    chosen = random.choice(x.size, size=round(settings.density * x.size), replace=False)
    x.flat[chosen] = random.uniform(size=len(chosen))
    y = np.zeros(shape[:2])
    for step in range(settings.memory, settings.num_steps):
        y[:, step] = drift.steps[step] @ (x[:, step - settings.memory : step] @ drift.inputs[step]).T
    return x, y


def as_distribution(weights: Array) -> Array:
    """Rescaled to [0, 1], so that the smallest becomes 0, and then to sum 1."""
    weights = (weights - weights.min()) / (weights.max() - weights.min())
    scaled: Array = weights / weights.sum()
    return scaled
