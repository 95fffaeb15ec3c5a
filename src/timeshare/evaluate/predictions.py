"""The tidy table of predictions: one row a prediction, whatever was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from timeshare.core.config.errors import UserError


@dataclass(frozen=True)
class Predictions:
    """Columns of equal length n, and the probabilities.

    Attributes:
        split: 'train', 'test' or 'probes'.
        kind: a probe's kind, '' otherwise.
        rule: 'hold' or 'cycle' where the text is longer than the classifier's extent, '' otherwise.
        own: True where `rule` is the classifier's own (or there is none): what the plain metrics count.
        id, group: the row's name, and the name of the group it belongs to.
        place: in the group.
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
    place: NDArray[np.int32]
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

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, one part after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` wrote.

        Raises:
            UserError: the file is missing or damaged.
        """
        try:
            table = pq.read_table(path)
            columns = {
                field.name: np.array(table.column(field.name).to_pylist())
                for field in fields(cls)
                if field.name != "probabilities"
            }
            flat = table.column("probabilities").combine_chunks().flatten().to_numpy()
            return cls(**columns, probabilities=flat.reshape(len(table), -1))
        except FileNotFoundError:
            raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise UserError(f"{path}: is damaged ({reason}); remove {path.parent} and run `dvc repro`") from None

    def where(self, rows: NDArray[np.bool_] | NDArray[np.integer[Any]]) -> Self:
        """The rows for which bool [n] holds; or those at the places int [k], in that order, as often as named."""
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
