"""How hard each model is to train: what its trials say, and what they cannot."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.questions.asking import ask
from tests.report.fixture import plain, write_tuning
from timeshare.report.answer import Answer
from timeshare.report.wording import NOT_MEASURED

EASY = [0.9] * 10 + [0.8] * 2  # ten of twelve settings do well
HARD = [0.9] + [0.6] * 11  # and one of twelve
HOPELESS = [0.5] * 12


def tuned(root: Path, shared: Sequence[float | None], unshared: Sequence[float | None]) -> Answer:
    write_tuning(root, "parity", "shared", shared)
    write_tuning(root, "parity", "unshared", unshared)
    return ask("Q16", root)


def test_without_trials_there_is_no_answer(tree: Path) -> None:
    answer = ask("Q16", tree)
    assert answer.verdict == NOT_MEASURED
    assert answer.sentences == ("No model of the run was tuned; `timeshare tune --now` does it.",)
    assert not answer.figures


@pytest.mark.parametrize(
    ("shared", "unshared", "verdict"),
    [
        (EASY, HARD, "Harder with weights for each step"),
        (HARD, EASY, "Harder with one set of weights"),
        (EASY, EASY[2:], "Neither is harder"),
        # A model that guesses whatever the setting has every trial near its best, and is not easy.
        (EASY, HOPELESS, "Harder with weights for each step"),
        (HOPELESS, EASY, "Harder with one set of weights"),
        (HOPELESS, HOPELESS, "No two models to compare"),
    ],
)
def test_a_model_is_harder_where_fewer_settings_do_well(
    copy: Path, shared: list[float], unshared: list[float], verdict: str
) -> None:
    assert tuned(copy, shared, unshared).verdict == verdict


def test_the_answer_has_its_numbers(copy: Path) -> None:
    answer = tuned(copy, [0.9, 0.7, 0.5, 0.9], [0.5, 0.51, None, 0.5])
    levels, hopeless, failed = map(plain, answer.sentences)
    assert "75.0% [60.0, 90.0] with `shared` (best of 4: 90.0%)" in levels
    assert "with `unshared` (best of 4: 51.0%) on parity" in levels
    assert hopeless == "In no trial better than guessing on validation texts: `unshared` on parity (best of 4 51.0%)."
    assert failed == "The loss was no number in 1 of 4 trials of `unshared` on parity."
    [figure] = answer.figures
    assert [row[0].text for row in figure.table.rows] == ["1", "2", "4"]
    assert plain(figure.table.rows[1][1].text) == "86.7%"  # of six pairs, one has no 0.9 and has 0.7


def test_the_shares_that_do_well_stand_with_their_test(copy: Path) -> None:
    counts = plain(tuned(copy, EASY, HARD).sentences[1])
    # Fisher's exact test of 10 of 12 against 1 of 12, two-sided.
    assert counts == (
        "Within 1 point of the model's best come 10 of 12 trials of `shared` and 1 of 12 trials of `unshared` on "
        "parity (p < 0.001)."
    )


def test_the_table_has_the_choice_and_the_settings_that_do_well(copy: Path) -> None:
    # The fixture's rates rise from trial to trial, and its dropouts take turns.
    table = tuned(copy, [0.5, 0.9, 0.85, 0.9, 0.89, 0.6, 0.5, 0.5], [None] * 8).table
    assert table is not None
    assert table.columns == [
        "model",
        "chosen, valid.",
        "above a guess",
        "within 1 point",
        "learning rate",
        "dropout",
        "tokens",
    ]
    shared, unshared = table.rows
    assert [plain(entry.text) for entry in shared] == [
        "parity",
        "shared",
        "90.0%",
        "5 of 8",
        "3 of 8",
        "0.00079",
        "0.2",
        "400,000",
    ]
    assert plain(shared[5].note) == "0.00079 to 0.0032 (3 of 4)"  # the third of the four does not do as well
    assert plain(shared[6].note) == "0 (1 of 3), 0.2 (2 of 3)"
    assert unshared[4].text == "0 of 8"
    assert unshared[5].note == ""


def test_a_run_without_the_pair_tells_of_every_tuned_model(copy: Path) -> None:
    write_tuning(copy, "parity", "bag_of_words", [0.5, 0.6])
    answer = ask("Q16", copy)
    assert answer.verdict == "No two models to compare"
    assert "with `bag_of_words` (best of 2: 60.0%) on parity." in plain(answer.sentences[0])
