"""What the seeds of a model answered on the test texts, and these texts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from timeshare.core.config.errors import UserError
from timeshare.report.results import Results


@dataclass(frozen=True)
class Answers:
    """A model's answers, by seed and text.

    Attributes:
        ids: of the N texts.
        labels: int [N], class indices.
        predicted: int [S, N].
        confidence: float [S, N], the probability of the predicted class.
    """

    ids: list[str]
    labels: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]

    @cached_property
    def places(self) -> dict[str, int]:
        """The column of each text."""
        return {name: place for place, name in enumerate(self.ids)}

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """bool [S, N]."""
        return self.predicted == self.labels


def read_answers(results: Results, dataset: str, model: str) -> Answers:
    """Those of all seeds, under the model's own rule beyond its steps.

    Raises:
        UserError: a file is missing or damaged.
    """
    wanted = [("split", "=", "test"), ("own", "=", True)]
    tables = []
    for seed in results.seeds:
        path = results.folder(dataset, model, seed) / "predictions.parquet"
        try:
            tables.append(pq.read_table(path, columns=["id", "label", "predicted", "probabilities"], filters=wanted))
        except FileNotFoundError:
            raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
        except (pa.ArrowException, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise UserError(f"{path}: is damaged ({reason}); remove {path.parent} and run `dvc repro`") from None
    first = tables[0]
    confidence = [
        table.column("probabilities").combine_chunks().flatten().to_numpy().reshape(len(table), -1).max(1)
        for table in tables
    ]
    return Answers(
        first.column("id").to_pylist(),
        first.column("label").to_numpy().astype(np.int64),
        np.stack([table.column("predicted").to_numpy().astype(np.int64) for table in tables]),
        np.stack(confidence).astype(np.float64),
    )


def read_texts(results: Results, dataset: str) -> dict[str, str]:
    """Each test text by its id; none where the raw table is not there."""
    path = results.root / "data/raw" / dataset / "test.parquet"
    if not path.exists():
        return {}
    try:
        table = pq.read_table(path, columns=["id", "text"])
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"{path}: is damaged ({reason}); remove it and run `dvc repro`") from None
    return {row["id"]: row["text"] for row in table.to_pylist()}
