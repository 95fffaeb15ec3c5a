"""What the owner of a classifier looks for, on answers written out by hand."""

from pathlib import Path

import pytest

from tests.evaluate.tables import Prediction, predictions_of
from tests.report.fixture import make_params
from timeshare.report.answers import read_answers
from timeshare.report.classes import Classifiers
from timeshare.report.entries import ABSENT
from timeshare.report.reading import read_results

# Of each text (t0 to t2 have label 1, 0, 1): what a seed of `shared` says, and how sure it is.
SAID = [((1, 0.9), (0, 0.8), (1, 0.6)), ((1, 0.9), (1, 0.7), (1, 0.6)), ((1, 0.9), (1, 0.7), (0, 0.9))]
LABELS = (1, 0, 1)


@pytest.fixture
def shared(copy: Path) -> Classifiers:
    """`shared` alone on parity, with those answers."""
    for seed, said in enumerate(SAID):
        rows = [
            Prediction("test", id=f"t{number}", label=label, predicted=given, probabilities=_both(given, sure))
            for number, (label, (given, sure)) in enumerate(zip(LABELS, said, strict=True))
        ]
        train = [Prediction("train", label=label) for label in (0, 1)]
        predictions_of([*train, *rows]).write(copy / f"results/parity/shared/{seed}/predictions.parquet")
    return Classifiers(read_results(make_params(("parity",), ("shared",), resamples=50), copy), "parity")


def _both(given: int, sure: float) -> tuple[float, float]:
    return (sure, 1 - sure) if given == 0 else (1 - sure, sure)


def test_answers_are_those_of_the_test_texts_by_seed(shared: Classifiers) -> None:
    found = read_answers(shared.results, "parity", "shared")
    assert found.ids == ["t0", "t1", "t2"]
    assert found.predicted.tolist() == [[1, 0, 1], [1, 1, 1], [1, 1, 0]]
    assert found.confidence.round(3).tolist() == [[0.9, 0.8, 0.6], [0.9, 0.7, 0.6], [0.9, 0.7, 0.9]]


def test_the_matrix_has_shares_of_each_true_label(shared: Classifiers) -> None:
    cells = {(one["true"], one["said"]): one["share"] for one in shared.confusion().spec["datasets"]["cells"]}
    assert cells == pytest.approx(
        {("0", "0"): 1 / 3, ("0", "1"): 2 / 3, ("1", "0"): 1 / 6, ("1", "1"): 5 / 6}, abs=1e-4
    )


def test_precision_and_recall_are_means_over_seeds_and_absent_where_no_text_gets_the_label(shared: Classifiers) -> None:
    rows = {row[0].text: [entry.text for entry in row[2:]] for row in shared.by_class().rows}
    # Of class 0: one seed has 1 of 1 and 1 of 1, one gives it to no text.
    assert rows == {"0 (1 text)": [ABSENT.text, "33.3%"], "1 (2 texts)": ["72.2%", "83.3%"]}


def test_the_texts_misread_by_most_seeds_come_first(shared: Classifiers) -> None:
    found = shared.misread()
    assert [(one.text, one.label, one.given, one.seeds) for one in found] == [
        ("text 1 of parity", "0", "1", {"shared": 2}),
        ("text 2 of parity", "1", "0", {"shared": 1}),
    ]


def test_a_matrix_of_many_labels_says_which_it_shows(shared: Classifiers) -> None:
    shared.classes = [f"label {number}" for number in range(100)]
    figure = shared.confusion()
    assert "20 of 100" in figure.note
    assert len({one["true"] for one in figure.spec["datasets"]["cells"]}) == 20
