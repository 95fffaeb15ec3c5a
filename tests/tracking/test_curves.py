"""Figures at many lengths, sizes and positions as curves, and what is left as plain metrics."""

import pytest

from timeshare.tracking.curves import Rows, curves_of, plain_metrics

METRICS = {
    "accuracy": 0.5,
    "shuffle_change": 0.1,
    "shuffle_change/1": 0.1,
    "shuffle_change/2": 0.2,
    "length_score/hold": 0.3,
}
WITHIN = [("", 2, 4, 4, 1), ("", 1, 4, 2, 1)]
BEYOND = [("cycle", 3, 4, 1, 1), ("hold", 3, 4, 3, 1)]


def test_a_figure_by_ngram_size_is_one_curve_with_the_size_as_its_step() -> None:
    assert curves_of(METRICS, [], [], "hold") == {"shuffle_change_by_ngram": {1: 0.1, 2: 0.2}}
    assert plain_metrics(METRICS) == {"accuracy": 0.5, "shuffle_change": 0.1, "length_score/hold": 0.3}


@pytest.mark.parametrize(
    ("rows", "own", "expected"),
    [
        pytest.param(WITHIN, "", {"accuracy_by_length": {1: 0.5, 2: 1.0}}, id="no rule"),
        pytest.param(
            [*WITHIN, *BEYOND],
            "cycle",
            {
                "accuracy_by_length": {1: 0.5, 2: 1.0, 3: 0.25},
                "accuracy_by_length/cycle": {1: 0.5, 2: 1.0, 3: 0.25},
                "accuracy_by_length/hold": {1: 0.5, 2: 1.0, 3: 0.75},
            },
            id="each rule with what needs none",
        ),
        pytest.param(
            [*WITHIN, *BEYOND[1:]],
            "error",
            {
                "accuracy_by_length": {1: 0.5, 2: 1.0},
                "accuracy_by_length/hold": {1: 0.5, 2: 1.0, 3: 0.75},
            },
            id="a model that refuses longer texts",
        ),
        pytest.param([], "hold", {}, id="nothing"),
    ],
)
def test_accuracy_by_length_is_a_curve_for_each_rule(
    rows: Rows, own: str, expected: dict[str, dict[int, float]]
) -> None:
    assert curves_of({}, rows, [], own) == expected


def test_positions_count_from_one_as_in_the_report() -> None:
    positions: Rows = [("seen", 0, 2, 1, 0), ("seen", 3, 4, 4, 0), ("unseen", 0, 4, 1, 0)]
    assert curves_of({}, [], positions, "") == {
        "accuracy_by_position/seen": {1: 0.5, 4: 1.0},
        "accuracy_by_position/unseen": {1: 0.25},
    }
