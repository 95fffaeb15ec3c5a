"""The test texts that a model is most wrong about."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.tables import Table

MOST = 20


def misread_table(predictions: Predictions, classes: Sequence[str], raw: Path) -> Table:
    """The misread test texts to whose label the model gives the least probability, the hardest first.

    Args:
        predictions: of one model.
        classes: names, in label order.
        raw: the test texts as they were read, with their ids; without that file an id stands for its text.
    """
    test = predictions.of("test")
    given = test.probabilities[np.arange(len(test)), test.label]
    wrong = np.flatnonzero(~test.right)
    hardest = test.where(wrong[np.lexsort((test.id[wrong], given[wrong]))[:MOST]])
    texts: dict[str, str] = {}
    if raw.exists():
        # With its type, for there may be none.
        asked = pc.field("id").isin(pa.array(hardest.id.tolist(), pa.string()))
        table = pq.read_table(raw, columns=["id", "text"], filters=asked)
        texts = dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))
    rows = [
        (
            texts.get(name, name),
            classes[label],
            classes[said],
            round(float(odds[label]), 4),
            round(float(odds[said]), 4),
        )
        for name, label, said, odds in zip(
            hardest.id.tolist(), hardest.label, hardest.predicted, hardest.probabilities, strict=True
        )
    ]
    return Table(("text", "label", "predicted", "probability_of_label", "probability_of_predicted"), rows)
