"""Predictions written out by hand, and tiny datasets with probes."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from timeshare.core.config.settings import PrepareSettings
from timeshare.core.prepared.store import PreparedData
from timeshare.data.prepare import prepare
from timeshare.data.sources.raw import Probe, RawData, Row, probe_batches, row_batches, write_raw
from timeshare.evaluate.predictions import Predictions
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.encoder import Encoder


class Prediction(NamedTuple):
    """One row; without probabilities, all of it is on the predicted class of two."""

    split: str = "probes"
    kind: str = ""
    group: str = ""
    label: int = 1
    predicted: int = 1
    member: int = 0
    length: int = 5
    position: int = -1
    id: str = "x"
    rule: str = ""
    own: bool = True
    probabilities: tuple[float, ...] | None = None


def predictions_of(rows: Sequence[Prediction]) -> Predictions:
    one_hot = np.eye(2, dtype=np.float32)
    return Predictions(
        split=np.array([row.split for row in rows]),
        kind=np.array([row.kind for row in rows]),
        rule=np.array([row.rule for row in rows]),
        own=np.array([row.own for row in rows]),
        id=np.array([row.id for row in rows]),
        group=np.array([row.group for row in rows]),
        member=np.array([row.member for row in rows], np.int32),
        position=np.array([row.position for row in rows], np.int32),
        length=np.array([row.length for row in rows], np.int32),
        label=np.array([row.label for row in rows], np.int16),
        predicted=np.array([row.predicted for row in rows], np.int16),
        probabilities=np.array(
            [one_hot[row.predicted] if row.probabilities is None else row.probabilities for row in rows], np.float32
        ),
    )


def prepared_data(
    folder: Path,
    train: Sequence[tuple[str, str]],
    probes: Sequence[Probe] = (),
    *,
    test: Sequence[tuple[str, str]] | None = None,
    **settings: str,
) -> PreparedData:
    """Prepare (text, label) rows; valid, and test if it is not given, are train again. Labels are 'a' and 'b'."""
    rows = {"train": train, "valid": train, "test": train if test is None else test}
    raw = RawData(
        source="formal",
        classes=("a", "b"),
        splits={
            split: row_batches([Row(f"{split}-{row}", text, label) for row, (text, label) in enumerate(members)])
            for split, members in rows.items()
        },
        probes=probe_batches(probes or [Probe("length-0", "length-0", "length", 0, train[0][0], train[0][1])]),
        gold_orders=True,
        notes={},
    )
    for name in ("raw", "prepared"):
        (folder / name).mkdir()
    write_raw(raw, folder / "raw")
    prepare(folder / "raw", folder / "prepared", PrepareSettings(**settings))
    return PreparedData.open(folder / "prepared")


class TokenVectors(Encoder):
    """An encoder whose state is a fixed vector of the first token, or of the last."""

    def __init__(self, vectors: Tensor, place: str) -> None:
        super().__init__(vectors.shape[1])
        self.vectors = nn.Parameter(vectors)
        self.place = place

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        rows = torch.arange(len(tokens))
        return self.vectors[tokens[:, 0] if self.place == "first" else tokens[rows, lengths - 1]]


def token_classifier(data: PreparedData, vectors: dict[str, list[float]], place: str) -> SequenceClassifier:
    """A classifier whose logits are the vector of the first or the last token."""
    table = torch.zeros(len(data.vocabulary), len(next(iter(vectors.values()))))
    for token, vector in vectors.items():
        table[data.vocabulary.ids[token]] = torch.tensor(vector)
    return SequenceClassifier(TokenVectors(table, place), nn.Identity(), padding=data.meta["side"]).eval()
