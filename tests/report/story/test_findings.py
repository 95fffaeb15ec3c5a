"""The findings follow from the numbers."""

from pathlib import Path

import pytest

from tests.report.fixture import make_params, set_metric, write_tree
from timeshare.report.reading import read_results
from timeshare.report.story.findings import Finding, findings

WITHIN = ("unshared length_score", "unshared length_score/hold", "unshared length_score/cycle")


def first(root: Path, shared: float, unshared: tuple[float, ...]) -> Finding:
    """The finding on longer texts of parity alone."""
    set_metric(root, "parity", "shared", "length_score", (shared,) * 3)
    for name in WITHIN:
        set_metric(root, "parity", *name.split(), unshared)
    return findings(read_results(make_params(("parity",), resamples=50), root))[0]


@pytest.mark.parametrize(
    ("unshared", "title"),
    [
        ((0.5, 0.5, 0.5), "One set of weights carries over"),
        ((0.99, 0.99, 0.99), "Weights for each step carry over"),
        ((0.85, 0.9, 0.95), "no clear difference"),
    ],
    ids=["shared", "unshared", "neither"],
)
def test_a_title_says_which_way_the_interval_lies(copy: Path, unshared: tuple[float, ...], title: str) -> None:
    found = first(copy, 0.9, unshared)
    assert title in found.title
    assert [bar.name for bar in found.bars] == ["shared", "unshared", "guessing"]
    assert [bar.value for bar in found.bars[:2]] == pytest.approx([0.9, sum(unshared) / 3])
    assert found.figure == "length-parity"


def test_the_rule_of_a_bar_is_named_where_it_is_not_the_models_own(copy: Path) -> None:
    first(copy, 0.9, (0.5, 0.5, 0.5))
    set_metric(copy, "parity", "unshared", "length_score/cycle", (0.6, 0.6, 0.6))
    found = findings(read_results(make_params(("parity",), resamples=50), copy))[0]
    assert found.bars[1].value == pytest.approx(0.6)
    assert "unshared with its weights repeated" in found.measured


def test_the_dataset_with_the_largest_difference_leads_and_the_others_are_named(copy: Path) -> None:
    first(copy, 0.9, (0.5, 0.5, 0.5))
    for name in WITHIN:
        set_metric(copy, "sentences", *name.split(), (0.9, 0.9, 0.9))
    set_metric(copy, "sentences", "shared", "length_score", (0.9, 0.9, 0.9))
    found = findings(read_results(make_params(), copy))[0]
    assert "on parity" in found.measured
    assert found.elsewhere == "No clear difference on sentences."


def test_there_are_three_of_any_run_with_enough_datasets_and_one_seed_claims_nothing(tree: Path) -> None:
    assert len(findings(read_results(make_params(), tree))) == 3
    for one in findings(read_results(make_params(seeds=(0,)), tree)):
        assert "one seed, so no claim" in one.title


def test_without_the_two_models_the_most_accurate_of_each_dataset_are_named(tree: Path) -> None:
    found = findings(read_results(make_params(models=("bag_of_words", "shared")), tree))
    assert [one.title for one in found] == [
        f"On {dataset}, shared is the most accurate" for dataset in ("sentences", "parity")
    ]
    assert [bar.name for bar in found[0].bars] == ["shared", "bag_of_words", "guessing"]


@pytest.mark.parametrize(
    ("models", "seeds", "said"),
    [
        (("shared", "time_input"), (0, 1, 2), "no model is clearly the most accurate"),
        (("shared", "time_input"), (0,), "one seed, so no claim"),
        (("shared",), (0, 1, 2), "shared learned this much"),
        (("bag_of_words",), (0, 1, 2), "bag_of_words only guesses"),
    ],
    ids=["no-clear-difference", "one-seed", "one-model", "one-that-guesses"],
)
def test_no_model_is_called_the_most_accurate_that_is_not_surely_so(
    tmp_path: Path, models: tuple[str, ...], seeds: tuple[int, ...], said: str
) -> None:
    write_tree(tmp_path, params := make_params(("parity",), models, seeds))
    for model, level in (
        ("shared", (0.9, 0.95, 0.91)),
        ("time_input", (0.91, 0.9, 0.92)),
        ("bag_of_words", (0.5,) * 3),
    ):
        if model in models:
            set_metric(tmp_path, "parity", model, "accuracy", level[: len(seeds)])
    [found] = findings(read_results(params, tmp_path))
    assert said in found.title


def test_a_dataset_on_which_one_of_the_two_guesses_is_said_to_be_left_out(copy: Path) -> None:
    set_metric(copy, "parity", "unshared", "accuracy", (0.5, 0.5, 0.5))
    found = findings(read_results(make_params(), copy))[0]
    assert "on sentences" in found.measured
    assert "not compared on parity" in found.elsewhere.lower()
