"""The first pass over a table of a user's rows: every row is checked, and what routing needs of it is kept."""

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from timeshare.sources.realtext.routing import text_hash
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.labels import MOST_CLASSES, Labels
from timeshare.sources.rows.settings import RowsSettings
from timeshare.sources.rows.values import BadValueError, check_name, check_text

# A row's number in its table, and its values in the order of the columns asked for.
Record = tuple[int, tuple[Any, ...]]

# Scripts that put no space between words: Thai to Burmese, Khmer, kana, Chinese characters.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_TEXTS_LOOKED_AT = 1000
# The words of these scripts are shorter on average, and their sentences longer.
_LONG_FOR_A_WORD = 8


class Table(NamedTuple):
    """A table of rows that can be read more than once.

    Attributes:
        split: a place in `SPLITS`.
        name: what messages call it, a file's path for instance.
        records: starts a pass over its rows; faults and remarks go into the findings.
        version: what is another value once the table has changed.
    """

    split: int
    name: str
    records: Callable[[Findings], Iterator[Record]]
    version: Callable[[], object]


@dataclass(frozen=True)
class Scan:
    """What is known of the rows of a table, in their order. Memory: 25 bytes a row, and 8 for an id.

    Attributes:
        table: the table.
        version: of the table, when it was read.
        rows: int64 [N], their numbers.
        reasons: int8 [N], a `Reason` for those that are left out, else 0; what follows is 0 for such rows.
        labels: int32 [N], the numbers of their classes.
        lengths: int32 [N], in tokens.
        keys: uint64 [N], `text_hash` of their tokens, joined by spaces.
        texts: how many texts could be used.
        token_lists: how many of these came as lists of tokens.
        unspaced: whether the first texts, as they were cut, are mostly whole sentences of a script without spaces.
    """

    table: Table
    version: object
    rows: np.ndarray
    reasons: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray
    keys: np.ndarray
    texts: int
    token_lists: int
    unspaced: bool

    def kept(self) -> np.ndarray:
        """bool [N], those that are not left out."""
        kept: np.ndarray = self.reasons == 0
        return kept


def scan_table(
    table: Table, name: str, settings: RowsSettings, labels: Labels, cut: Callable[[str], list[str]], findings: Findings
) -> Scan:
    """Check every row of a table.

    Args:
        table: the table.
        name: the dataset's name in the catalogue.
        settings: columns, limits, and whether bad rows are left out.
        labels: takes the labels.
        cut: the tokeniser.
        findings: takes the faults, and in strict mode the rows that would be left out.
    """
    version = table.version()
    rows, reasons, codes, lengths, keys, ids = (array(kind) for kind in "qbiiQQ")
    texts = token_lists = 0
    sample: list[list[str]] = []
    for row, (text, label, *identity) in table.records(findings):
        if (text, label, *identity) == settings.columns():
            findings.fault(table.name, row, "is the header again, as where files are joined", "remove it")
            continue
        reason = code = length = key = named = 0
        try:
            # An id is no reason to leave a row out: it is the file that is at fault.
            named = text_hash(check_name("id", identity[0])) if identity else 0
            tokens = check_text(text, settings.max_length, cut)
            code, length, key = labels.code(label), len(tokens), text_hash(" ".join(tokens))
        except BadValueError as error:
            if error.reason is None or settings.rows == "strict":
                findings.fault(table.name, row, error.what, error.mend)
                continue
            reason = error.reason
        else:
            texts += 1
            token_lists += isinstance(text, list)
            if len(sample) < _TEXTS_LOOKED_AT:
                sample.append(tokens)
        if len(labels) > MOST_CLASSES:
            findings.stop(
                f"{table.name}:{row}: column '{settings.label}' has more than {MOST_CLASSES} different values; "
                f"name the column of labels in datasets.{name}.label"
            )
            break
        for column, value in ((rows, row), (reasons, reason), (codes, code), (lengths, length), (keys, key)):
            column.append(value)
        if identity:
            ids.append(named)
    findings.has_read(table.name, len(rows))
    numbers = np.asarray(rows)
    _find_repeated_ids(table.name, numbers, np.asarray(ids), findings)
    return Scan(
        table,
        version,
        rows=numbers,
        reasons=np.asarray(reasons),
        labels=np.asarray(codes),
        lengths=np.asarray(lengths),
        keys=np.asarray(keys),
        texts=texts,
        token_lists=token_lists,
        unspaced=_is_unspaced(sample),
    )


def _find_repeated_ids(name: str, rows: np.ndarray, ids: np.ndarray, findings: Findings) -> None:
    if not len(ids):
        return
    _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    original = first[inverse]
    for index in np.flatnonzero(original != np.arange(len(ids))).tolist():
        findings.fault(name, int(rows[index]), f"has the id of row {rows[original[index]]}", "give it its own")


def _is_unspaced(texts: list[list[str]]) -> bool:
    of_scripts = [token for tokens in texts for token in tokens if _UNSPACED.search(token)]
    letters = sum(len(_UNSPACED.findall(token)) for token in of_scripts)
    everything = sum(len(token) for tokens in texts for token in tokens)
    return letters > everything / 2 and letters > _LONG_FOR_A_WORD * len(of_scripts)
