"""The first pass of preparing: read the raw tables in chunks, tokenise them in processes, number their tokens."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.text import Vocabulary
from timeshare.prepare.tokens import TokenisedTexts
from timeshare.prepare.workers import Workers

# A chunk is what one process tokenises at a time; a few of them are in memory.
ROWS_PER_CHUNK = 32_768
BYTES_PER_CHUNK = 4_000_000
REPORTED_ROWS = 20


@dataclass(frozen=True)
class Scan:
    """What the first pass knows of a split.

    Attributes:
        lengths: int32 [N], tokens of each text.
        labels: int32 [N], class index of each text.
        chunks: rows of each chunk, in order.
    """

    lengths: np.ndarray
    labels: np.ndarray
    chunks: tuple[int, ...]


class Corpus:
    """The tokens of all splits, numbered as they are met, and kept on disk until the vocabulary is known.

    In memory are each distinct token once, a few chunks, and eight bytes a row.

    Args:
        raw: folder of the raw tables.
        scratch: folder for the ids on disk, 4 bytes a token.
        classes: the labels; a label's index is its place here.
        workers: what tokenises.
    """

    def __init__(self, raw: Path, scratch: Path, classes: list[str], workers: Workers) -> None:
        self._raw = raw
        self._scratch = scratch
        self._classes = pa.array(classes, pa.string())
        self._workers = workers
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._counts = np.zeros(0, dtype=np.int64)

    def scan(self, split: str, advance: Callable[[int], None]) -> Scan:
        """Tokenise a split and write its tokens' numbers to disk; the tokens of `train` are counted.

        Args:
            split: which raw table; `train` comes first.
            advance: called with the rows of each chunk that is done.
        Raises:
            UserError: the table is missing or damaged, a label is unknown, or a text has no token.
        """
        path = self._raw / f"{split}.parquet"
        lengths, labels = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
        empty: list[int] = []
        rows = 0
        with self._numbers_path(split).open("wb") as spill:
            for batch, texts in self._workers.tokenised(_chunks(path)):
                labels.append(self._class_indices(path, rows, batch.column("label")))
                lengths.append(texts.lengths)
                empty += (rows + np.flatnonzero(texts.lengths == 0)).tolist()
                spill.write(self._renumbered(texts, counted=split == "train").data)
                rows += batch.num_rows
                advance(batch.num_rows)
        if empty:
            shown = ", ".join(map(str, empty[:REPORTED_ROWS]))
            raise UserError(f"{path}: {len(empty)} texts have no token (0-based rows {shown}); drop them")
        return Scan(np.concatenate(lengths), np.concatenate(labels), tuple(len(chunk) for chunk in lengths[1:]))

    def fit_vocabulary(self, max_size: int, min_frequency: int) -> Vocabulary:
        """The vocabulary of the training split."""
        # Tokens numbered after the last of the training split have no count, and tokens numbered before it may have 0.
        frequencies = {token: seen for token, seen in zip(self._numbers, self._counts.tolist(), strict=False) if seen}
        return Vocabulary.fit(frequencies, max_size, min_frequency)

    def encoded(self, split: str, scan: Scan, vocabulary: Vocabulary) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The texts of a split as ids of the vocabulary, chunk by chunk.

        Yields:
            (ids, lengths): ids of all tokens of the chunk, text after text; int32 lengths of its texts.
        """
        ids_of_numbers = vocabulary.encode(list(self._numbers))
        first = 0
        with self._numbers_path(split).open("rb") as spill:
            for rows in scan.chunks:
                lengths = scan.lengths[first : first + rows]
                numbers = np.fromfile(spill, np.uint32, int(lengths.sum()))
                yield ids_of_numbers[numbers], lengths
                first += rows

    def _numbers_path(self, split: str) -> Path:
        return self._scratch / f"{split}.numbers"

    def _class_indices(self, path: Path, first: int, labels: pa.StringArray) -> np.ndarray:
        indices = pc.index_in(labels, self._classes)
        if indices.null_count:
            row = pc.index(pc.is_null(indices), True).as_py()
            label = labels[row].as_py()
            raise UserError(f"{path}: 0-based row {first + row} has label {label!r}, which schema.json does not list")
        array: np.ndarray = indices.to_numpy()
        return array

    def _renumbered(self, texts: TokenisedTexts, *, counted: bool) -> np.ndarray:
        """The chunk's tokens by their numbers in the whole corpus, uint32."""
        of_chunk = np.fromiter(map(self._numbers.__getitem__, texts.distinct), np.uint32, len(texts.distinct))
        if counted:
            grown = np.zeros(len(self._numbers), dtype=np.int64)
            grown[: len(self._counts)] = self._counts
            grown[of_chunk] += np.bincount(texts.ids, minlength=len(of_chunk))
            self._counts = grown
        renumbered: np.ndarray = of_chunk[texts.ids]
        return renumbered


def _chunks(path: Path) -> Iterator[pa.RecordBatch]:
    """The texts and labels of a raw table, streamed."""
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_PER_CHUNK, columns=["text", "label"]):
                if batch.column("text").null_count:
                    raise UserError(f"{path}: a text is missing; remove {path.parent} and run `dvc repro`")
                pieces = -(-batch.nbytes // BYTES_PER_CHUNK)
                rows = -(-batch.num_rows // pieces)
                for first in range(0, batch.num_rows, rows):
                    yield batch.slice(first, rows)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
    except (pa.ArrowException, KeyError, OSError) as error:
        what = str(error).partition("\n")[0]
        raise UserError(f"{path}: is damaged ({what}); remove {path.parent} and run `dvc repro`") from None
