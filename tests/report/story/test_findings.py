"""The findings follow from the numbers."""

from pathlib import Path

import pytest

from tests.report.fixture import make_params, set_metric
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
        f"On {dataset}, shared has the highest accuracy" for dataset in ("sentences", "parity")
    ]
    assert [bar.name for bar in found[0].bars] == ["shared", "bag_of_words", "guessing"]
