"""Predictions written out by hand, and tiny datasets with probes."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from tests.prepare.tables import prepared, write_raw_tables
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.text_classifier import TextClassifier
from timeshare.models.classifier import SequenceClassifier, build_classifier
from timeshare.models.encoder import Encoder
from timeshare.models.settings import AnyModel
from timeshare.sources.raw import Probe


class Prediction(NamedTuple):
    """One row; without probabilities, all of it is on the predicted class of two."""

    split: str = "probes"
    kind: str = ""
    group: str = ""
    label: int = 1
    predicted: int = 1
    place: int = 0
    length: int = 5
    position: int = -1
    id: str = "x"
    rule: str = ""
    own: bool = True
    probabilities: tuple[float, ...] | None = None


def predictions_of(rows: Sequence[Prediction]) -> Predictions:
    one_hot = np.eye(2, dtype=np.float32)
    types = {"place": np.int32, "position": np.int32, "length": np.int32, "label": np.int16, "predicted": np.int16}
    columns = {
        name: np.array([getattr(row, name) for row in rows], types.get(name))
        for name in Prediction._fields
        if name != "probabilities"
    }
    probabilities = [one_hot[row.predicted] if row.probabilities is None else row.probabilities for row in rows]
    return Predictions(**columns, probabilities=np.array(probabilities, np.float32))


def prepared_data(
    folder: Path,
    train: Sequence[tuple[str, str]],
    probes: Sequence[Probe] = (),
    *,
    test: Sequence[tuple[str, str]] | None = None,
    **settings: str,
) -> PreparedData:
    """Prepare (text, label) rows; valid, and test if it is not given, are train again. Labels are 'a' and 'b'."""
    raw = write_raw_tables(
        folder / "raw",
        train=train,
        valid=train,
        test=train if test is None else test,
        probes=probes or train[:1],
        tokeniser="whitespace",
        classes=("a", "b"),
        gold_orders=True,
    )
    return prepared(folder / "prepared", raw, **settings)


def classifier_for(
    data: PreparedData, settings: AnyModel, extent: int | None = None, seed: int = 0
) -> SequenceClassifier:
    """An untrained classifier for the data, in evaluation mode."""
    return build_classifier(
        settings,
        vocabulary_size=len(data.vocabulary),
        num_classes=len(data.meta["classes"]),
        extent=data.meta["longest_train"] if extent is None else extent,
        padding=data.meta["side"],
        generator=torch.Generator().manual_seed(seed),
    ).eval()


def of_texts(data: PreparedData, classifier: SequenceClassifier, bounds: tuple[int, ...] = ()) -> TextClassifier:
    """A classifier with the data's vocabulary."""
    return TextClassifier(tuple(data.meta["classes"]), classifier, data.vocabulary, data.meta["tokeniser"], bounds)


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
