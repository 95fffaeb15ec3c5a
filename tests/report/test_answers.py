"""Each claim follows from the numbers: change the numbers, and the words change."""

import json
import shutil
from pathlib import Path

import pytest

from tests.report.fixture import make_params, write_tree
from timeshare.config import Params
from timeshare.report.answers import QUESTIONS, answers
from timeshare.report.reading import read_results


@pytest.fixture
def copy(tree: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tree, tmp_path / "copy")


def set_metric(root: Path, dataset: str, model: str, metric: str, values: tuple[float, ...]) -> None:
    """Give a metric a value a seed."""
    for seed, value in enumerate(values):
        path = root / "results" / dataset / model / str(seed) / "metrics.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {metric: value}))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_each_question_has_an_answer_in_order(tree: Path, params: Params) -> None:
    found = answers(read_results(params, tree))
    assert list(found) == ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
    for answer in found.values():
        assert answer.question.endswith("?")
        assert answer.sentences[0].endswith(".")
        assert answer.method.endswith(".")
        assert answer.keys


@pytest.mark.parametrize(
    ("unshared", "verdict", "sentence"),
    [
        ((0.5, 0.5, 0.5), "Yes", "`shared` against `unshared`: more accurate on parity (by 40.0 points [40.0, 40.0])"),
        ((0.9, 0.9, 0.9), "No difference", "`unshared`: no difference on parity (0.0 [0.0, 0.0])"),
        ((0.85, 0.9, 0.95), "No difference", "no difference on parity (0.0 [-5.0, +5.0])"),
        ((1.0, 1.0, 0.96), "No, the reverse", "`unshared`: less accurate on parity (by 8.7 points [6.0, 10.0])"),
    ],
)
def test_unseen_lengths(tree: Path, tmp_path: Path, unshared: tuple[float, ...], verdict: str, sentence: str) -> None:
    root = shutil.copytree(tree, tmp_path / "copy")
    set_metric(root, "parity", "shared", "length_score", (0.9, 0.9, 0.9))
    for metric in ("length_score", "length_score/hold", "length_score/cycle"):
        set_metric(root, "parity", "unshared", metric, unshared)
    answer = QUESTIONS["Q1"](read_results(make_params(datasets=("parity",)), root))
    assert answer.verdict == verdict
    assert sentence in plain(answer.sentences[0])


def test_more_weights_are_judged_on_test_texts_and_overfit(copy: Path) -> None:
    set_metric(copy, "parity", "shared", "accuracy", (0.9, 0.9, 0.9))
    set_metric(copy, "parity", "unshared", "accuracy", (0.8, 0.8, 0.8))
    set_metric(copy, "parity", "shared", "overfit", (0.0, 0.0, 0.0))
    set_metric(copy, "parity", "unshared", "overfit", (0.2, 0.2, 0.2))
    set_metric(copy, "parity", "shared", "parameters", (1000.0,) * 3)
    set_metric(copy, "parity", "unshared", "parameters", (40_000.0,) * 3)
    answer = QUESTIONS["Q2"](read_results(make_params(datasets=("parity",)), copy))
    assert answer.verdict == "No, worse"
    assert "with 40 times the parameters, against `shared`: less accurate on parity (by 10.0" in plain(
        answer.sentences[0]
    )
    assert "Overfit of `unshared` against `shared`: more on parity (by 20.0" in plain(answer.sentences[1])


def test_moved_words_need_reorderings(tmp_path: Path) -> None:
    params = make_params(datasets=("movie_reviews",), resamples=100)
    write_tree(tmp_path, params)
    results = read_results(params, tmp_path)
    moved, changed = QUESTIONS["Q3"](results), QUESTIONS["Q4"](results)
    assert moved.verdict == "Not measured by this run"
    assert moved.sentences == ("No dataset of the run has reorderings with known labels.",)
    assert "a full shuffle changes" in changed.sentences[0]
    assert changed.verdict == "Shuffles only"


@pytest.mark.parametrize(
    ("sensitivity", "verdict"),
    [
        ((0.9, 0.92, 0.94), "Yes"),
        # Five classes: a guess gets both members right in 1 of 25 pairs.
        ((0.03, 0.04, 0.05), "No better than guessing"),
        ((0.041, 0.05, 0.06), "Yes"),
    ],
)
def test_changed_order_must_beat_a_guess(copy: Path, sensitivity: tuple[float, ...], verdict: str) -> None:
    set_metric(copy, "sentences", "shared", "order_sensitivity", sensitivity)
    assert QUESTIONS["Q4"](read_results(make_params(datasets=("sentences",)), copy)).verdict == verdict


def test_padding_is_judged_within_the_extent_alone(tmp_path: Path) -> None:
    params = make_params(datasets=("parity",), models=("shared", "unshared_padded"), resamples=100)
    write_tree(tmp_path, params)
    for model, right in (("shared", 10), ("unshared_padded", 5)):
        rules = ("hold", "cycle") if model == "unshared_padded" else ("",)
        rows = [f",{length},10,{right}" for length in range(1, 81)]
        rows += [f"{rule},{length},10,0" for rule in rules for length in range(81, 101)]  # beyond the extent
        for seed in (0, 1, 2):
            path = tmp_path / "results/parity" / model / str(seed) / "lengths.csv"
            path.write_text("\n".join(["rule,length,rows,correct", *rows]) + "\n")
    answer = QUESTIONS["Q5"](read_results(params, tmp_path))
    assert answer.verdict == "No"
    assert "`unshared_padded` against `shared`: less accurate on parity (by 50.0" in plain(answer.sentences[0])
    assert answer.table is not None
    assert answer.table.rows[0][2].text == "41 to 80"


def test_layouts_are_told_from_meta(tree: Path, params: Params) -> None:
    answer = QUESTIONS["Q6"](read_results(params, tree))
    assert "41.2% on sentences and 48.7% on parity" in answer.sentences[0]
    assert "bucketing on sentences (7 shapes) and exact on parity (40 shapes)" in answer.sentences[1]


@pytest.mark.parametrize("models", [("shared",), ("unshared",), ("bag_of_words",)])
def test_a_run_without_the_pair_says_what_it_lacks(tree: Path, models: tuple[str, ...]) -> None:
    results = read_results(make_params(models=models), tree)
    for name in ("Q1", "Q2", "Q3", "Q5"):
        answer = QUESTIONS[name](results)
        assert answer.verdict == "Not measured by this run"
        assert "`run.models` has no" in answer.sentences[0]


def test_one_seed_claims_nothing(tree: Path) -> None:
    found = answers(read_results(make_params(seeds=(0,)), tree))
    for name in ("Q1", "Q2", "Q3", "Q4"):
        assert found[name].verdict == "Open: one seed"
    text = " ".join(sentence for answer in found.values() for sentence in answer.sentences)
    assert "accurate on" not in text
    assert "one seed and so no interval on sentences" in found["Q1"].sentences[0]
