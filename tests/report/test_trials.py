"""Reading what a search over settings left."""

from pathlib import Path
from typing import Any

import pytest

from tests.report.fixture import write_tuning
from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.report.trials import Tuning, read_tuning


def tuned(root: Path, *accuracies: float | None, **choice: Any) -> Tuning:
    write_tuning(root, "data", "net", accuracies, **choice)
    found = read_tuning(root / "tuning/data/net")
    assert found is not None
    return found


def test_where_nothing_was_tuned_there_is_nothing(tmp_path: Path) -> None:
    assert read_tuning(tmp_path) is None
    write_json(tmp_path / "choice.json", {"training": {}, "instead_of": {}, "trials": 0})
    assert read_tuning(tmp_path) is None


def test_each_trial_has_its_settings(tmp_path: Path) -> None:
    found = tuned(tmp_path, 0.6, 0.7, 0.8)
    assert [one.training for one in found.trials] == [
        {"learning_rate": pytest.approx(0.0005 * 40 ** (trial / 3)), "dropout": dropout}
        for trial, dropout in enumerate((0.0, 0.2, 0.5))
    ]
    assert found.choice.training == found.trials[2].training
    assert found.looks == 18


@pytest.mark.parametrize(("least", "worst"), [(0.6, 0.5), (0.4, 0.4)])
def test_a_failed_trial_is_as_bad_as_the_worst_and_as_a_constant_answer(
    tmp_path: Path, least: float, worst: float
) -> None:
    found = tuned(tmp_path, 0.8, None, least, guess=0.5)
    assert found.accuracies == [0.8, worst, least]
    assert found.failed == 1


def test_within_a_point_of_the_best_is_within_whatever_floats_say(tmp_path: Path) -> None:
    found = tuned(tmp_path, 0.79, 0.8, 0.789, None)
    assert [one.trial for one in found.doing_well] == [0, 1]


def test_where_all_trials_failed_none_does_well(tmp_path: Path) -> None:
    found = tuned(tmp_path, None, None, trial=None, training={}, instead_of={}, valid_accuracy=None)
    assert (found.failed, found.doing_well, found.accuracies) == (2, [], [0.5, 0.5])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",valid_accuracy", ",accuracy", r"0\.valid_accuracy: Field required"),
        (",0.6,", ",high,", r"0\.valid_accuracy: "),
        (",0.6,", ",nan,", r"0\.valid_accuracy: "),
        (",0.6,", ",1.5,", r"0\.valid_accuracy: "),
        (",0.6,", ",,", "trial 0 is complete, and its valid_accuracy says otherwise"),
        ("complete", "failed", "trial 0 is failed, and its valid_accuracy says otherwise"),
        ("complete", "lost", r"0\.state: "),
        ("\n1,", "\n2,", r"the trials are not those from 0 to 1 that choice\.json names\)"),
    ],
)
def test_a_damaged_table_is_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    write_tuning(tmp_path, "data", "net", [0.6, 0.7])
    path = tmp_path / "tuning/data/net/trials.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(UserError, match=rf"trials\.csv: is damaged \({message}") as caught:
        read_tuning(path.parent)
    assert "\n" not in str(caught.value)


def test_trials_that_are_gone_are_missed(tmp_path: Path) -> None:
    write_tuning(tmp_path, "data", "net", [0.6, 0.7])
    (tmp_path / "tuning/data/net/trials.csv").unlink()
    with pytest.raises(UserError, match=r"trials\.csv: no such file"):
        read_tuning(tmp_path / "tuning/data/net")
