"""Distances and planes of states that are known: the vector of the last token."""

from pathlib import Path

import numpy as np
import pytest

from tests.evaluate.tables import of_texts, prepared_data, token_classifier
from timeshare.evaluate.states import references_of, states_table
from timeshare.evaluate.text_classifier import TextClassifier

VECTORS = {"o": [0.0, 0.0], "x": [3.0, 4.0], "y": [6.0, 8.0], "z": [0.0, 1.0]}
# States are 5 apart after the first token of these, and 10 after the second; the last text is too short for that.
TEST = [("o o o", "a"), ("x y x", "b"), ("o o z", "a"), ("z", "a")]


@pytest.fixture(params=["right", "left"])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[TextClassifier, object]:
    data = prepared_data(tmp_path, [("o x y z", "a"), ("x", "b")], test=TEST, side=request.param)
    return of_texts(data, token_classifier(data, VECTORS, "last")), data.split("test")


def test_references_are_the_beginnings_of_test_texts_in_their_order(asked: tuple[TextClassifier, object]) -> None:
    model, test = asked
    references = references_of(model, test, 2)
    assert [[model.vocabulary.tokens[id] for id in row] for row in references.tokens] == [
        ["o", "o"],
        ["x", "y"],
        ["o", "o"],
    ]
    assert references.states.tolist() == [[[0, 0], [3, 4], [0, 0]], [[0, 0], [6, 8], [0, 0]]]


def test_usual_distances_leave_out_texts_that_begin_alike(asked: tuple[TextClassifier, object]) -> None:
    references = references_of(*asked, 3)
    assert references.usual_distance(1, 1) == pytest.approx(5)
    assert references.usual_distance(2, 2) == pytest.approx(10)
    # After the third token all three differ: (0, 0), (3, 4) and (0, 1).
    assert references.usual_distance(3, 3) == pytest.approx((5 + 1 + np.hypot(3, 3)) / 3)
    # From after the first token of one to after the second of another.
    assert references.usual_distance(1, 2) == pytest.approx((10 + 5) / 2)


def test_distances_to_the_first_text_in_usual_ones(asked: tuple[TextClassifier, object]) -> None:
    groups = {"pair": ["o x", "x x"], "three": ["y o", "y z", "x o"]}
    table, metrics = states_table(asked[0], groups, references_of(*asked, 2))
    rows = {row[:3]: row[3:5] for row in table.rows}
    assert rows == {
        ("pair", 0, 1): ("o", None),
        ("pair", 0, 2): ("x", None),
        ("pair", 1, 1): ("x", pytest.approx(5 / 5)),
        ("pair", 1, 2): ("x", 0.0),
        ("three", 0, 1): ("y", None),
        ("three", 0, 2): ("o", None),
        ("three", 1, 1): ("y", 0.0),
        ("three", 1, 2): ("z", pytest.approx(1 / 10)),
        ("three", 2, 1): ("x", pytest.approx(5 / 5)),
        ("three", 2, 2): ("o", 0.0),
    }
    assert metrics == {"state_distance/pair": 0.0, "state_distance/three": pytest.approx(0.05)}


def test_texts_of_unequal_lengths_are_compared_from_their_ends(asked: tuple[TextClassifier, object]) -> None:
    table, metrics = states_table(asked[0], {"group": ["x o", "y x z", "z"]}, references_of(*asked, 3))
    rows = {row[1:3]: row[4] for row in table.rows}
    usual = references_of(*asked, 3).usual_distance
    assert rows[1, 1] is None  # nothing of the first text stands as far from its end
    assert rows[1, 2] == 0.0  # x, one token before the end, in both
    assert rows[1, 3] == pytest.approx(1 / usual(3, 2))
    assert rows[2, 1] == pytest.approx(1 / usual(1, 2))
    assert metrics["state_distance/group"] == pytest.approx((1 / usual(3, 2) + 1 / usual(1, 2)) / 2)


def test_the_plane_keeps_the_distances_of_states_that_lie_in_one(asked: tuple[TextClassifier, object]) -> None:
    table, _ = states_table(asked[0], {"pair": ["o x z", "y z x"]}, references_of(*asked, 3))
    places = np.array([row[5:] for row in table.rows])
    states = np.array([VECTORS[row[3]] for row in table.rows])
    assert places.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert np.linalg.norm(places[:, None] - places, axis=2) == pytest.approx(
        np.linalg.norm(states[:, None] - states, axis=2), abs=1e-6
    )
    # Most of the variance first, and the larger weight of each component positive: the way to y.
    assert places[:, 0].var() > places[:, 1].var()
    assert places[3, 0] == places[:, 0].max()


def test_without_a_test_text_as_long_there_is_no_distance(asked: tuple[TextClassifier, object]) -> None:
    table, metrics = states_table(asked[0], {"long": ["o o o o", "x x x x"]}, references_of(*asked, 4))
    assert {row[4] for row in table.rows} == {None}
    assert metrics == {}


def test_no_group_gives_an_empty_table(asked: tuple[TextClassifier, object]) -> None:
    table, metrics = states_table(asked[0], {}, references_of(*asked, 1))
    assert (list(table.rows), metrics) == ([], {})
