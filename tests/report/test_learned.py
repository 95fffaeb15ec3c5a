"""A net that has learned nothing is no evidence on where learning carries over."""

import json
from pathlib import Path

import pytest
from timeshare.report.answers import QUESTIONS
from timeshare.report.answers.learned import beats_guessing

from tests.report.fixture import make_params
from tests.report.test_answers import plain, set_metric
from timeshare.core.config import Params
from timeshare.report.reading import read_results
from timeshare.report.wording import NOT_MEASURED


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
    copy: Path, params: Params, accuracies: tuple[float, ...], constant: float, beats: bool
) -> None:
    set_metric(copy, "parity", "unshared", "accuracy", accuracies)
    for path in (copy / "results/parity").rglob("baselines.json"):
        path.write_text(json.dumps({"constant": {"accuracy": constant}}))
    assert beats_guessing(read_results(params, copy), "parity", "unshared") is beats


@pytest.mark.parametrize("question", ["Q1", "Q3"])
def test_what_it_did_not_learn_is_not_compared(copy: Path, params: Params, question: str) -> None:
    left_out = "not compared on parity, where `unshared` is no better than guessing at the lengths of training."
    before = QUESTIONS[question](read_results(params, copy))
    assert "parity (by" in plain(before.sentences[0])
    assert left_out not in before.sentences[0]
    set_metric(copy, "parity", "unshared", "accuracy", (0.5, 0.5, 0.5))
    answer = QUESTIONS[question](read_results(params, copy))
    assert "sentences (by" in plain(answer.sentences[0])
    assert answer.sentences[0].endswith(f"; {left_out}")
    alone = QUESTIONS[question](read_results(make_params(datasets=("parity",)), copy))
    assert alone.verdict == NOT_MEASURED
    assert alone.sentences == (f"N{left_out[1:]}",)


def test_where_it_did_not_learn_accuracy_says_so_and_overfit_says_nothing(copy: Path, params: Params) -> None:
    set_metric(copy, "parity", "unshared", "accuracy", (0.5, 0.5, 0.5))
    accuracy, overfit = QUESTIONS["Q2"](read_results(params, copy)).sentences[:2]
    assert "parity (by" in plain(accuracy)
    assert accuracy.endswith("; `unshared` is no better than guessing on parity (50.0%).")
    assert "parity (by" not in plain(overfit)
    assert "not compared on parity" in overfit


def test_a_guessing_baseline_is_named_wherever_a_model_without_recurrence_beats_it(copy: Path, params: Params) -> None:
    said = "`shared` is no better than guessing on parity (50.0%)"
    assert not any(said in sentence for sentence in QUESTIONS["Q11"](read_results(params, copy)).sentences)
    set_metric(copy, "parity", "shared", "accuracy", (0.5, 0.5, 0.5))
    sentences = QUESTIONS["Q11"](read_results(params, copy)).sentences
    assert [sentence.endswith(f"; {said}.") for sentence in sentences] == [True]


def test_of_training_texts_only_those_count_that_were_asked(copy: Path) -> None:
    # 52 % of the fixture's 8,000 training texts are surely above 50.1 %, of the 400 asked of a smaller setting not.
    set_metric(copy, "parity", "unshared", "train_accuracy", (0.52, 0.52, 0.52))
    params = make_params()
    few = params.model_copy(update={"evaluate": params.evaluate.model_copy(update={"train_rows": 400})})
    every = params.model_copy(update={"evaluate": params.evaluate.model_copy(update={"train_rows": None})})
    found = [beats_guessing(read_results(one, copy), "parity", "unshared", "train_accuracy") for one in (few, every)]
    assert found == [False, True]


def test_rules_that_both_only_guess_are_no_choice(copy: Path) -> None:
    for rule, values in (("hold", (0.5, 0.5, 0.5)), ("cycle", (0.49, 0.49, 0.49))):
        set_metric(copy, "parity", "unshared", f"length_score/{rule}", values)
    answer = QUESTIONS["Q7"](read_results(make_params(datasets=("parity",)), copy))
    assert answer.verdict == NOT_MEASURED
    assert answer.sentences == ("Neither rule beats guessing with `unshared` on parity.",)


def test_gradients_of_a_net_that_only_guesses_say_nothing(copy: Path, params: Params) -> None:
    set_metric(copy, "parity", "shared", "accuracy", (0.5, 0.5, 0.5))
    levels = QUESTIONS["Q14"](read_results(params, copy)).sentences[0]
    assert "on sentences" in levels
    assert "parity" not in levels
