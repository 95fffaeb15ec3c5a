"""Which sharing scheme wins when the weights to be learned drift over time? (Oh et al., MLHC 2019)

A net reads the inputs of the task (task.py) and predicts its target at each step t >= l, under mean squared
error. The error reported is that over the variance of the targets: 1 is what their mean gets. Each seed is a task of
its own; the weights that count are those of the epoch with the least validation error.

What differs from the paper: one hidden size for every scheme instead of a random search of 40 settings for each, a
linear read-out without a rectifier, and targets in units of their standard deviation.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from timeshare.core.seeding import numpy_generator, torch_generator
from timeshare.models.embedding import TimeInput
from timeshare.models.parameters import count_parameters
from timeshare.nn import TimeLSTM
from timeshare.nn.initial import linear
from timeshare.nn.schemes import SCHEMES
from timeshare.questions.drift.settings import RelaxedSettings, Scheme
from timeshare.questions.drift.task import draw_drift, draw_rows
from timeshare.questions.records import Record, VariantFigures, over_seeds, write_summary, write_table
from timeshare.questions.steps import check_finite, on_terminal

SPLITS = ("train", "valid", "test")
Rows = tuple[Tensor, Tensor]


class StepwiseRegressor(nn.Module):
    """A recurrent net under a sharing scheme, with a linear read-out at every step.

    Args:
        scheme: how its weights depend on time.
        settings: the sizes.
        generator: the initial weights come from it.
    """

    def __init__(self, scheme: Scheme, settings: RelaxedSettings, generator: torch.Generator) -> None:
        super().__init__()
        self.time_input = TimeInput("sincos" if scheme == "time_input" else "none", scale=settings.num_steps)
        sharing = "shared" if scheme == "time_input" else scheme
        num_sets = settings.basis_sets if scheme == "basis" else settings.num_sets
        self.lstm = TimeLSTM(
            settings.inputs + self.time_input.size,
            settings.hidden_size,
            batch_first=True,
            sharing=sharing,
            extent=settings.num_steps,
            num_sets=num_sets if "num_sets" in SCHEMES[sharing].reads else None,
            generator=generator,
        )
        self.read_out = linear(settings.hidden_size, 1, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs float [B, T, d] to predictions [B, T]."""
        output, _ = self.lstm(self.time_input(x))
        predictions: Tensor = self.read_out(output).squeeze(2)
        return predictions


def run(settings: RelaxedSettings, folder: Path) -> None:
    """Write errors.csv (one row a delta, scheme and seed) and summary.json."""
    records = [
        _fit(scheme, delta, seed, settings)
        for delta in settings.deltas
        for seed in settings.seeds
        for scheme in settings.schemes
    ]
    write_table(folder / "errors.csv", records)
    variants = over_seeds(records, ("delta", "scheme"), ("test_error", "parameters"))
    best = {delta: winner(variants, delta) for delta in settings.deltas}
    facts = {"winners": {str(delta): scheme for delta, scheme in best.items()}}
    write_summary(folder, "relaxed", settings.seeds, variants, facts)


def winner(variants: Sequence[VariantFigures], delta: float) -> str:
    """The scheme with the least mean test error at a delta."""
    at_delta = [variant for variant in variants if variant["variant"]["delta"] == delta]
    best = min(at_delta, key=lambda variant: variant["metrics"]["test_error"]["mean"])
    return str(best["variant"]["scheme"])


def draw_splits(delta: float, seed: int, settings: RelaxedSettings) -> dict[str, Rows]:
    """One task's splits: float32, the targets standardised by those of train."""
    drift = draw_drift(numpy_generator(seed, "drift"), delta, settings)
    drawn = {split: draw_rows(numpy_generator(seed, "drift", split), drift, settings) for split in SPLITS}
    targets = drawn["train"][1][:, settings.memory :]
    mean, deviation = targets.mean(), targets.std()
    return {split: (_tensor(x), _tensor((y - mean) / deviation)) for split, (x, y) in drawn.items()}


def error_of(regressor: StepwiseRegressor, rows: Rows, settings: RelaxedSettings) -> Tensor:
    """Mean squared error over the steps that have a target."""
    x, y = rows
    return functional.mse_loss(regressor(x)[:, settings.memory :], y[:, settings.memory :])


def _fit(scheme: Scheme, delta: float, seed: int, settings: RelaxedSettings) -> Record:
    rows = draw_splits(delta, seed, settings)
    regressor = StepwiseRegressor(scheme, settings, torch_generator(seed, "relaxed"))
    optimizer = torch.optim.Adam(regressor.parameters(), lr=settings.learning_rate, fused=True)
    shuffled = numpy_generator(seed, "relaxed", "order")
    best: dict[str, float] = {"valid_error": float("inf")}
    weights: dict[str, Tensor] = {}
    label = f"relaxed: delta {delta:g}, {scheme}, seed {seed}"
    for epoch in on_terminal(range(settings.epochs), label):
        order = torch.from_numpy(shuffled.permutation(settings.rows))
        for chosen in order.split(settings.batch_size):
            loss = error_of(regressor, (rows["train"][0][chosen], rows["train"][1][chosen]), settings)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.inference_mode():
            valid_loss = error_of(regressor, rows["valid"], settings)
            check_finite(valid_loss, label)
            if (valid_error := valid_loss.item()) < best["valid_error"]:
                best = {"epoch": epoch, "valid_error": valid_error}
                weights = {name: value.clone() for name, value in regressor.state_dict().items()}
    regressor.load_state_dict(weights)
    with torch.inference_mode():
        best["test_error"] = error_of(regressor, rows["test"], settings).item()
    parameters = count_parameters(regressor)
    return {"delta": delta, "scheme": scheme, "seed": seed, "parameters": parameters, **best}


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
