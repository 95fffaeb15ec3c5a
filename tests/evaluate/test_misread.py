"""The test texts that a model is most wrong about."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.evaluate.tables import Prediction, predictions_of
from timeshare.evaluate.misread import MOST, misread_table


def _asked(name: str, sure: float, label: int = 1, split: str = "test") -> Prediction:
    """A text that gets label 0 with that probability."""
    return Prediction(split, id=name, label=label, predicted=0, probabilities=(sure, 1 - sure))


PREDICTIONS = predictions_of(
    [_asked("near", 0.6), _asked("far", 0.9), _asked("right", 0.9, label=0), _asked("known", 0.99, split="train")]
)


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        pytest.param({"near": "a b", "far": "c d", "right": "e f"}, ["c d", "a b"], id="with the texts"),
        pytest.param(None, ["far", "near"], id="without"),
    ],
)
def test_the_hardest_come_first_and_what_is_right_is_not_there(
    tmp_path: Path, texts: dict[str, str] | None, named: list[str]
) -> None:
    raw = tmp_path / "test.parquet"
    if texts:
        pq.write_table(pa.table({"id": list(texts), "text": list(texts.values())}), raw)
    table = misread_table(PREDICTIONS, ("good", "bad"), raw)
    assert table.columns == ("text", "label", "predicted", "probability_of_label", "probability_of_predicted")
    assert [tuple(row) for row in table.rows] == [
        (named[0], "bad", "good", pytest.approx(0.1), pytest.approx(0.9)),
        (named[1], "bad", "good", pytest.approx(0.4), pytest.approx(0.6)),
    ]


def test_a_model_that_is_always_right_has_none(tmp_path: Path) -> None:
    raw = tmp_path / "test.parquet"
    pq.write_table(pa.table({"id": ["near"], "text": ["a b"]}), raw)
    right = predictions_of([_asked("near", 0.9, label=0)])
    assert misread_table(right, ("good", "bad"), raw).rows == []


def test_no_more_than_can_be_read_are_named(tmp_path: Path) -> None:
    many = predictions_of([_asked(f"{number:03d}", 0.6) for number in range(MOST + 5)])
    assert [row[0] for row in misread_table(many, ("good", "bad"), tmp_path / "none").rows] == [
        f"{number:03d}" for number in range(MOST)
    ]
