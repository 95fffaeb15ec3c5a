"""Calibration, on answers written out by hand."""

from pathlib import Path

import numpy as np
import pytest

from tests.report.fixture import make_params
from timeshare.report.answers import Answers
from timeshare.report.calibration import calibration_error, calibration_figure, calibration_table
from timeshare.report.reading import read_results


def test_the_calibration_error_is_the_mean_gap_of_confidence_and_accuracy() -> None:
    confidence, right = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, False, True, True])
    assert calibration_error(confidence, right) == pytest.approx((2 * 0.45 + 2 * 0.45) / 4)
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0


def test_calibration_leaves_out_ranges_of_few_answers(tree: Path) -> None:
    results = read_results(make_params(("parity",), ("shared",), resamples=50), tree)
    labels = np.array([0, 1, 0])
    answers = {"shared": Answers(["a", "b", "c"], labels, np.stack([labels] * 3), np.full((3, 3), 0.9))}
    assert calibration_figure(results, "parity", answers) is None
    assert len(calibration_table(results, "parity", answers).rows) == 1
