"""The task whose weights drift, and how schemes are compared on it."""

import numpy as np
import pytest
import torch

from timeshare.core.seeding import numpy_generator, torch_generator
from timeshare.questions.drift.settings import RelaxedSettings
from timeshare.questions.drift.study import StepwiseRegressor, draw_splits, error_of, winner
from timeshare.questions.drift.task import as_distribution, draw_drift, draw_rows
from timeshare.questions.records import over_seeds

SETTINGS = RelaxedSettings(study="relaxed", num_steps=8, memory=3, inputs=2, rows=40, hidden_size=4)


def test_a_distribution_starts_at_zero_and_sums_to_one() -> None:
    assert as_distribution(np.array([1.0, 3.0, 2.0])) == pytest.approx([0, 2 / 3, 1 / 3])
    assert as_distribution(np.array([-1.0, 1.0])) == pytest.approx([0, 1])


def test_without_drift_the_weights_stay_and_with_it_they_change_at_each_step() -> None:
    still, moving = (draw_drift(numpy_generator(0), delta, SETTINGS) for delta in (0.0, 0.3))
    for weights in (still.steps, still.inputs):
        assert weights[3:] == pytest.approx(np.broadcast_to(weights[3], weights[3:].shape))
    assert (np.abs(np.diff(moving.steps[3:], axis=0)).max(1) > 0).all()
    assert moving.steps[3:].sum(1) == pytest.approx(np.ones(5))
    assert (moving.steps[:3] == 0).all()


def test_targets_equal_the_sum_written_out() -> None:
    drift = draw_drift(numpy_generator(1), 0.4, SETTINGS)
    x, y = draw_rows(numpy_generator(2), drift, SETTINGS)
    for row in range(4):
        for step in range(8):
            expected = sum(
                drift.steps[step][i] * drift.inputs[step][j] * x[row, step - 3 + i, j]
                for i in range(3)
                for j in range(2)
                if step >= 3
            )
            assert y[row, step] == pytest.approx(expected)


def test_a_share_of_the_inputs_is_not_zero() -> None:
    x, _ = draw_rows(numpy_generator(0), draw_drift(numpy_generator(0), 0.1, SETTINGS), SETTINGS)
    assert np.count_nonzero(x) == 64  # a tenth of 40 * 8 * 2
    assert x.max() < 1


def test_a_net_that_says_the_mean_has_error_one() -> None:
    rows = draw_splits(0.1, 0, SETTINGS)
    regressor = StepwiseRegressor("shared", SETTINGS, torch_generator(0))
    with torch.no_grad():
        for parameter in regressor.parameters():
            parameter.zero_()
        assert error_of(regressor, rows["train"], SETTINGS).item() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("scheme", SETTINGS.schemes)
def test_no_net_sees_the_future(scheme: str) -> None:
    regressor = StepwiseRegressor(scheme, SETTINGS, torch_generator(0))  # type: ignore[arg-type]
    x = torch.rand(2, 8, 2, generator=torch_generator(1))
    changed = x.clone()
    changed[:, 5:] = 0
    with torch.no_grad():
        before, after = regressor(x), regressor(changed)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.equal(before[:, 5:], after[:, 5:])


def test_the_winner_has_the_least_mean_error() -> None:
    errors = {"shared": (0.2, 0.5), "unshared": (0.3, 0.3)}
    records = [
        {"delta": 0.1, "scheme": scheme, "seed": seed, "test_error": error}
        for scheme, values in errors.items()
        for seed, error in enumerate(values)
    ]
    variants = over_seeds(records, ("delta", "scheme"), ("test_error",))
    assert winner(variants, 0.1) == "unshared"
