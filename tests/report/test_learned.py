"""A net that has learned nothing is no evidence on where learning carries over."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report.fixture import make_params, set_metric, write_tuning
from timeshare.params import Params
from timeshare.report.learned import beats_guessing, trials_above_guessing, unlearned_clause
from timeshare.report.reading import read_results


@pytest.mark.parametrize(
    ("accuracies", "constant", "beats"),
    [
        # Of 1,000 texts 53.3 % and more are above 50 % with 95 % confidence: 0.533 - 1.96 sqrt(0.25 / 1,000) = 0.502.
        ((0.54, 0.54, 0.54), 0.4, True),
        ((0.52, 0.52, 0.52), 0.4, False),  # all seeds alike, but on too few texts
        ((0.40, 0.55, 0.80), 0.4, False),  # not with every seed
        ((0.54, 0.54, 0.54), 0.55, False),  # below the constant answer, if above a guess
    ],
)
def test_sure_over_seeds_and_over_texts(
    copy: Path,
    params: Params,
    monkeypatch: pytest.MonkeyPatch,
    accuracies: tuple[float, ...],
    constant: float,
    beats: bool,
) -> None:
    set_metric(copy, "parity", "unshared", "accuracy", accuracies)
    results = read_results(params, copy)
    parity = replace(results.datasets["parity"], baselines={"constant": {"accuracy": constant}})
    monkeypatch.setattr(results, "datasets", {"parity": parity})
    assert beats_guessing(results, "parity", "unshared") is beats


def test_of_training_texts_only_those_count_that_were_asked(copy: Path) -> None:
    # 52 % of the fixture's 8,000 training texts are surely above 50 %, of the 400 asked of a smaller setting not.
    set_metric(copy, "parity", "unshared", "train_accuracy", (0.52, 0.52, 0.52))
    params = make_params()
    few = params.model_copy(update={"evaluate": params.evaluate.model_copy(update={"train_rows": 400})})
    every = params.model_copy(update={"evaluate": params.evaluate.model_copy(update={"train_rows": None})})
    found = [beats_guessing(read_results(one, copy), "parity", "unshared", "train_accuracy") for one in (few, every)]
    assert found == [False, True]


@pytest.mark.parametrize(
    ("accuracies", "guess", "above"),
    [
        # Of 1,000 texts and 4 trials of 6 epochs, each asked at 1 - 0.05 / 24: 0.5 + 3.08 sqrt(0.25 / 1,000) = 0.549.
        ((0.54, 0.544, 0.545, 0.54), 0.5, 0),
        ((0.54, 0.552, None, 0.6), 0.5, 2),
        ((0.54, 0.552, None, 0.6), 0.56, 0),  # a constant answer is better than a coin
        ((0.54, 0.552, None, 0.6), 0.3, 2),  # and where it is worse, the coin counts
    ],
)
def test_a_trial_is_above_guessing_beyond_the_luck_of_so_many(
    copy: Path, params: Params, accuracies: Sequence[float | None], guess: float, above: int
) -> None:
    write_tuning(copy, "parity", "unshared", accuracies, guess)
    results = read_results(params, copy)
    assert trials_above_guessing(results, "parity", "unshared") == above
    assert trials_above_guessing(results, "parity", "shared") is None


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ((), "`unshared` is no better than guessing on parity (50.0%)"),
        ((0.5, 0.51, None), "`unshared` is no better than guessing on parity (50.0%), nor was it in any of 3 trials"),
        (
            (0.5, 0.7, 0.8),
            "`unshared` with its chosen settings guesses on parity (50.0%), although 2 of 3 trials do better on "
            "validation texts",
        ),
    ],
)
def test_no_model_is_called_a_guesser_whose_trials_do_better(
    copy: Path, params: Params, accuracies: Sequence[float | None], said: str
) -> None:
    set_metric(copy, "parity", "unshared", "accuracy", (0.5, 0.5, 0.5))
    if accuracies:
        write_tuning(copy, "parity", "unshared", accuracies)
    assert unlearned_clause(read_results(params, copy), "unshared") == said
