"""The example is of the run's data: a suite's cases, or texts on which the models disagree."""

from pathlib import Path

import pytest

from tests.report.fixture import make_params
from timeshare.core.artifacts import write_json
from timeshare.report.reading import read_results
from timeshare.report.story.example import Said, example

CASES = [
    {"expect": "label", "texts": ["one", "two"], "labels": ["drink", "food"]},
    {"expect": "different", "texts": ["chocolate milk", "milk chocolate"], "labels": ["drink", "food"]},
    {"expect": "states", "texts": ["it was", "it is"], "labels": None},
    {"expect": "same", "texts": ["it snowed", "snow fell"], "labels": ["food", "food"]},
    {"expect": "same", "texts": ["on Monday it snowed", "it snowed on Monday"], "labels": ["food", "food"]},
    {"expect": "same", "texts": ["a", "b"], "labels": ["food", "food"]},
]


def write_suites(root: Path, *, wrong: dict[tuple[str, int], str]) -> None:
    """A suite for each member: all right, but for one label that (model, seed) gives to the first compound."""
    for folder in (root / "results/sentences").glob("*/*"):
        cases = [{**case, "predicted": list(case["labels"] or ["food", "food"])} for case in CASES]  # type: ignore[call-overload]
        if label := wrong.get((folder.parent.name, int(folder.name))):
            cases[1]["predicted"][0] = label
        write_json(folder / "suite.json", {"cases": cases})


def test_the_first_case_of_each_kind_with_what_most_seeds_say(copy: Path) -> None:
    write_suites(copy, wrong={("shared", 0): "food", ("unshared", 0): "food", ("unshared", 2): "food"})
    found = example(read_results(make_params(), copy))
    assert found is not None
    assert found.dataset == "sentences"
    # As the caption says: first those that mean the same, and all in pairs of equal words.
    assert [one.text for one in found.texts] == [*CASES[4]["texts"], *CASES[1]["texts"]]  # type: ignore[misc]
    milk = next(one for one in found.texts if one.text == "chocolate milk")
    assert milk.label == "drink"
    assert milk.said == {
        "shared": Said("drink", 2, 3, right=True),
        "unshared": Said("food", 2, 3, right=False),
        "bag_of_words": Said("drink", 3, 3, right=True),
    }


def test_without_a_suite_it_is_of_the_test_texts_and_without_these_there_is_none(copy: Path) -> None:
    results = read_results(make_params(), copy)
    found = example(results)
    assert found is not None
    assert all(one.text.startswith("text ") and set(one.said) == set(results.models) for one in found.texts)
    for path in (copy / "data/raw").rglob("*.parquet"):
        path.unlink()
    assert example(results) is None


def test_the_users_own_data_comes_first(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_suites(copy, wrong={})
    results = read_results(make_params(), copy)
    monkeypatch.setattr(type(results), "own_datasets", ("parity",))
    found = example(results)
    assert found is not None
    assert found.dataset == "parity"
