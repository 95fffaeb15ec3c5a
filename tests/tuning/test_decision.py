"""Which trials go on, which settings are chosen, and what the files say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from timeshare.train.settings import TrainSettings
from timeshare.tuning.choice import Choice, read_choice
from timeshare.tuning.decision import Result, finalists
from timeshare.tuning.settings import Dimension, TuningSettings
from timeshare.tuning.trial import Outcome

SPACE = {"learning_rate": Dimension(low=0.001, high=0.1), "dropout": Dimension(choices=(None, 0.5))}
Figures = tuple[float, float] | None


def outcome(figures: Figures, rate: float = 0.01) -> Outcome:
    settings = {"learning_rate": rate, "dropout": None}
    if figures is None:
        return Outcome(settings, 7, 1.5, failed="the loss is nan")
    return Outcome(settings, 7, 1.5, "", *figures, best_epoch=1, epochs=3, tokens=100)


def outcomes(*figures: Figures) -> dict[int, Outcome]:
    return {number: outcome(one, (number + 1) / 100) for number, one in enumerate(figures)}


def result(trials: list[Figures], further: dict[tuple[int, int], Figures] | None = None, select: str = "") -> Result:
    count = len({number for number, _ in further or {}})
    return Result(
        TuningSettings(trials=len(trials), finalists=count, space=SPACE),
        TrainSettings(learning_rate=0.5, select=select or "valid_accuracy"),  # type: ignore[arg-type]
        outcomes(*trials),
        {place: outcome(figures) for place, figures in (further or {}).items()},
        guess_accuracy=0.25,
    )


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        pytest.param("valid_accuracy", [3, 1, 0, 4], id="the loss decides among equal accuracies"),
        pytest.param("valid_loss", [4, 3, 1, 0], id="the lowest loss"),
    ],
)
def test_the_best_trials_by_what_training_selects_by(select: str, expected: list[int]) -> None:
    trials = outcomes((0.7, 0.6), (0.8, 0.5), None, (0.8, 0.4), (0.6, 0.3))
    assert finalists(trials, 9, select) == expected
    assert finalists(trials, 2, select) == expected[:2]


def test_of_equal_trials_the_first() -> None:
    assert finalists(outcomes((0.8, 0.5), (0.8, 0.5), (0.8, 0.5)), 2, "valid_accuracy") == [0, 1]
    assert result([(0.8, 0.5), (0.8, 0.5)]).winner == 0


@pytest.mark.parametrize(
    ("further", "winner"),
    [
        ({(0, 0): (0.5, 0.5), (1, 0): (0.7, 0.5)}, 1),
        ({(0, 0): (0.7, 0.5), (1, 0): (0.5, 0.5)}, 0),
        pytest.param({(0, 0): None, (1, 0): (0.1, 0.5)}, 1, id="a finalist that fails is not chosen"),
        pytest.param({(0, 0): None, (1, 0): None}, 0, id="unless all do"),
    ],
)
def test_the_mean_over_a_finalists_fits_decides(further: dict[tuple[int, int], Figures], winner: int) -> None:
    assert result([(0.8, 0.5), (0.75, 0.5)], further).winner == winner


def test_a_search_is_whole_when_its_finalists_are_fitted_as_often_as_was_asked_for() -> None:
    trials: list[Figures] = [(0.8, 0.5), (0.75, 0.5), None]
    fits = {(number, place): (0.8, 0.5) for number in (0, 1) for place in (0, 1)}
    whole = result(trials, fits)
    assert whole.is_whole
    assert len(whole.fits) == 3 + 4
    assert not replace(whole, done={place: fit for place, fit in whole.done.items() if place != (1, 1)}).is_whole
    # With fewer finalists what was done for more is not counted.
    fewer = replace(whole, tuning=whole.tuning.model_copy(update={"finalists": 1}))
    assert fewer.is_whole
    assert set(fewer.further) == {(0, 0), (0, 1)}
    begun = replace(whole, trials={0: whole.trials[0]})
    assert (begun.is_whole, begun.again, begun.fits) == (False, {}, [whole.trials[0]])


def test_without_finalists_the_best_trial_is_chosen() -> None:
    assert result([(0.7, 0.5), (0.75, 0.5), (0.7, 0.1)]).winner == 1


def test_the_files(tmp_path: Path) -> None:
    given = result([(0.75, 0.5), None, (0.5, 0.625)], {(0, 0): (0.25, 0.5), (2, 0): None})
    given.write(tmp_path)
    assert (tmp_path / "trials.csv").read_text().splitlines() == [
        "trial,seed,learning_rate,dropout,state,valid_accuracy,valid_loss,best_epoch,epochs,tokens",
        "0,7,0.01,,complete,0.75,0.5,1,3,100",
        "1,7,0.02,,failed,,,,,",
        "2,7,0.03,,complete,0.5,0.625,1,3,100",
    ]
    assert (tmp_path / "finalists.csv").read_text().splitlines() == [
        "trial,seed,valid_accuracy,valid_loss",
        "0,7,0.25,0.5",
        "2,7,,",
    ]
    assert json.loads((tmp_path / "choice.json").read_text()) == {
        "training": {"learning_rate": 0.01, "dropout": None},
        "instead_of": {"learning_rate": 0.5, "dropout": None},
        "trial": 0,
        "trials": 3,
        "tokens": 300,
        "valid_accuracy": 0.5,
        "guess_accuracy": 0.25,
    }


def test_where_every_trial_fails_nothing_is_chosen_and_their_number_is_said(tmp_path: Path) -> None:
    result([None, None]).write(tmp_path)
    assert read_choice(tmp_path) == Choice({}, {}, 2, guess_accuracy=0.25)
    assert json.loads((tmp_path / "choice.json").read_text())["trial"] is None
