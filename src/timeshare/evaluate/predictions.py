"""The tidy table of predictions: one row a prediction, whatever was asked."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from timeshare.core.config.errors import UserError
from timeshare.core.config.settings import EvaluateSettings
from timeshare.core.prepared.layout import SPLITS_WITH_ROWS
from timeshare.core.prepared.store import PreparedData
from timeshare.core.seeding import numpy_generator
from timeshare.evaluate.predict import predict_split
from timeshare.models.classifier import SequenceClassifier
from timeshare.nn.choices import Beyond


@dataclass(frozen=True)
class Predictions:
    """Columns of equal length n, and the probabilities.

    Attributes:
        split: 'train', 'test' or 'probes'.
        kind: a probe's kind, '' otherwise.
        rule: 'hold' or 'cycle' where the text is longer than the classifier's extent, '' otherwise.
        own: True where `rule` is the classifier's own (or there is none): what the plain metrics count.
        id, group: the row's name, and the name of the group it belongs to.
        member: its place in the group.
        position: index of the decisive token, -1 where there is none.
        length: in tokens.
        label, predicted: class indices.
        probabilities: float32 [n, C].
    """

    split: NDArray[np.str_]
    kind: NDArray[np.str_]
    rule: NDArray[np.str_]
    own: NDArray[np.bool_]
    id: NDArray[np.str_]
    group: NDArray[np.str_]
    member: NDArray[np.int32]
    position: NDArray[np.int32]
    length: NDArray[np.int32]
    label: NDArray[np.int16]
    predicted: NDArray[np.int16]
    probabilities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.label)

    @property
    def right(self) -> NDArray[np.bool_]:
        """bool [n]: the prediction is the label."""
        return self.predicted == self.label

    @property
    def majority(self) -> int:
        """The most frequent class of the training texts among them; of several the first."""
        classes = self.probabilities.shape[1]
        return int(np.bincount(self.label[self.split == "train"], minlength=classes).argmax())

    def where(self, wanted: NDArray[np.bool_]) -> Self:
        """The rows for which `wanted` (bool [n]) holds."""
        return type(self)(*(getattr(self, field.name)[wanted] for field in fields(self)))

    def at(self, rows: NDArray[np.integer[Any]]) -> Self:
        """The rows at these places (int [k]), in this order, as often as they are named."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def of(self, split: str, kind: str = "") -> Self:
        """The rows of a split and probe kind, under the classifier's own rule."""
        return self.where((self.split == split) & (self.kind == kind) & self.own)

    def write(self, path: Path) -> None:
        """Write predictions.parquet; equal predictions give equal bytes."""
        classes = self.probabilities.shape[1]
        columns: dict[str, Any] = {
            field.name: pa.array(getattr(self, field.name)) for field in fields(self) if field.name != "probabilities"
        }
        for name in ("split", "kind", "rule"):
            columns[name] = columns[name].dictionary_encode()
        flat = pa.array(self.probabilities.ravel())
        columns["probabilities"] = pa.FixedSizeListArray.from_arrays(flat, classes)
        pq.write_table(pa.table(columns), path, compression="zstd", store_schema=False)


def predict_all(classifier: SequenceClassifier, prepared: PreparedData, settings: EvaluateSettings) -> Predictions:
    """Predict train, test and probes; texts beyond the classifier's extent once under each rule.

    Of train no more than `settings.train_rows` are asked, the same whatever the classifier: its accuracy there is set
    against the one on test, whose rows are the fewer.

    Args:
        classifier: in evaluation mode.
        prepared: the data.
        settings: the rules, the size of a batch, and how much of train.
    Returns:
        All predictions, ordered by split, rule and raw row. Where the classifier's own rule is 'error', none beyond its
        extent is its own.
    Raises:
        UserError: none of test is its own, so that there is no accuracy.
    """
    parts = []
    for split in ("train", "test", "probes"):
        asked = _drawn(len(prepared.split(split)), settings.train_rows) if split == "train" else None
        for question in _questions(classifier, settings):
            rows, probabilities = predict_split(
                classifier,
                prepared.split(split),
                batch_tokens=settings.batch_tokens,
                asked=asked,
                longer_than=question.longer_than,
                up_to=question.up_to,
                beyond=question.beyond,
            )
            if len(rows):
                parts.append(_joined(prepared, split, question, rows, probabilities))
    predictions = Predictions(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Predictions))
    )
    if not len(predictions.of("test")):
        reason = f"every test text is longer than the model's {classifier.extent} steps with weights"
        raise UserError(
            f"{prepared.folder}: {reason}; give the model a larger extent, or another `beyond` than 'error'"
        )
    return predictions


def _drawn(rows: int, most: int | None) -> NDArray[np.bool_] | None:
    """bool [rows]: `most` of them at random; None where that is all."""
    if most is None or rows <= most:
        return None
    drawn = np.zeros(rows, bool)
    drawn[numpy_generator(0, "evaluate", "train").choice(rows, most, replace=False)] = True
    return drawn


class _Question(NamedTuple):
    """Which texts are predicted, by their length, and under which rule: `rule` is its name in the table."""

    rule: str
    own: bool
    beyond: Beyond | None
    longer_than: int
    up_to: int | None


def _questions(classifier: SequenceClassifier, settings: EvaluateSettings) -> list[_Question]:
    extent, own = classifier.extent, classifier.beyond
    if extent is None:
        return [_Question("", True, None, 0, None)]
    # Within the extent no rule has a say; but a batch is padded, and `error` would stop at the padding.
    within = _Question("", True, "hold" if own == "error" else None, 0, extent)
    rules: list[Beyond] = [*settings.rules]
    if own is not None and own not in (*rules, "error"):
        rules.append(own)
    return [within, *(_Question(rule, rule == own, rule, extent, None) for rule in rules)]


def _joined(
    prepared: PreparedData,
    split: str,
    question: _Question,
    rows: NDArray[np.int64],
    probabilities: NDArray[np.float32],
) -> Predictions:
    """Predictions beside what is known of their rows."""
    count = len(rows)
    return Predictions(
        split=np.full(count, split),
        rule=np.full(count, question.rule),
        own=np.full(count, question.own),
        predicted=probabilities.argmax(1).astype(np.int16),
        probabilities=probabilities,
        length=prepared.split(split).lengths()[rows].astype(np.int32),
        label=prepared.split(split).labels()[rows].astype(np.int16),
        **{name: column[rows] for name, column in _names(prepared, split).items()},
    )


def _names(prepared: PreparedData, split: str) -> dict[str, NDArray[Any]]:
    """What the raw tables say of a split's rows beside text and label; a column a split lacks is empty."""
    count = len(prepared.split(split))
    columns: dict[str, NDArray[Any]] = {name: np.full(count, "") for name in ("id", "group", "kind")}
    columns["member"] = np.zeros(count, np.int32)
    columns["position"] = np.full(count, -1, np.int32)
    if split in SPLITS_WITH_ROWS:
        table = prepared.rows(split)
        for name in columns.keys() & set(table.column_names):
            columns[name] = table.column(name).to_numpy().astype(columns[name].dtype.kind)
    return columns
