"""Predictions written out by hand."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from timeshare.evaluate.predictions import Predictions

# split, kind, rule, own, id, group, length, label, predicted
Row = tuple[str, str, str, bool, str, str, int, int, int]
Build = Callable[[Sequence[Row]], Predictions]


@pytest.fixture
def build() -> Build:
    """Predictions from rows; the probabilities are one-hot on the prediction, over two classes."""

    def from_rows(rows: Sequence[Row]) -> Predictions:
        split, kind, rule, own, name, group, length, label, predicted = (list(column) for column in zip(*rows, strict=True))
        return Predictions(
            split=np.array(split),
            kind=np.array(kind),
            rule=np.array(rule),
            own=np.array(own),
            id=np.array(name),
            group=np.array(group),
            member=np.zeros(len(rows), np.int32),
            position=np.full(len(rows), -1, np.int32),
            length=np.array(length, np.int32),
            label=np.array(label, np.int16),
            predicted=np.array(predicted, np.int16),
            probabilities=np.eye(2, dtype=np.float32)[predicted],
        )

    return from_rows
