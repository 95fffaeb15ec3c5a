"""Source `files`: the user's own texts and labels, from CSV, TSV, JSONL or Parquet files.

Every row is checked before anything is written, and the bad ones are reported together. The files are then read again,
once for each table, so that memory never holds their texts.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from timeshare.core.config.errors import UserError
from timeshare.sources.files import FilesSettings
from timeshare.sources.files.formats import MOST_PROBLEMS, Problems, read_records
from timeshare.sources.files.values import BadValueError, check_name, check_text
from timeshare.sources.raw import SPLITS, RawData, Row
from timeshare.sources.realtext.routing import TRAIN, Facts, assemble, text_hash

# A column of more different values is more likely another column than a label.
MOST_CLASSES = 1000


@dataclass
class _Scan:
    """What one file's good rows are, in order: row number, label code, tokens, and hashes of the words and the id."""

    split: int
    path: Path
    state: tuple[int, int]
    rows: "array[int]" = field(default_factory=lambda: array("q"))
    labels: "array[int]" = field(default_factory=lambda: array("i"))
    lengths: "array[int]" = field(default_factory=lambda: array("i"))
    keys: "array[int]" = field(default_factory=lambda: array("Q"))
    ids: "array[int]" = field(default_factory=lambda: array("Q"))


def read(name: str, settings: FilesSettings) -> RawData:
    """Check the files, and route their rows.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: files, columns, limits, split and probes.
    Raises:
        UserError: a file cannot be read; rows are bad (a line for each, `FILE:ROW: what; how to mend`, up to
            `MOST_PROBLEMS` of them); or the rows do not make a classification task.
    """
    problems = Problems()
    codes: dict[str, int] = {}
    scans = []
    for split, path in enumerate((settings.train, settings.valid, settings.test)):
        if path is not None:
            scans.append(_scan(split, Path(path), name, settings, codes, problems))
    _find_leaks(scans, problems)
    problems.check()
    classes = sorted(codes)
    for scan in scans:
        if not scan.rows:
            raise UserError(f"{scan.path}: has no rows; give texts and labels")
    if len(classes) == 1:
        raise UserError(f"{scans[0].path}: all rows have the label '{classes[0]}'; give texts of two classes or more")
    place = np.array([classes.index(label) for label in codes], dtype=np.int32)
    facts = Facts(
        labels=place[np.concatenate([np.asarray(scan.labels) for scan in scans])],
        lengths=np.concatenate([np.asarray(scan.lengths, dtype=np.int32) for scan in scans]),
        keys=np.concatenate([np.asarray(scan.keys, dtype=np.uint64) for scan in scans]),
        given=np.concatenate([np.full(len(scan.rows), scan.split, dtype=np.int8) for scan in scans]),
    )
    notes = {"rows_given": {SPLITS[scan.split]: len(scan.rows) for scan in scans}}
    return assemble(name, settings, classes, facts, lambda: _rows(scans, settings), notes)


def _columns(settings: FilesSettings) -> list[str]:
    return [settings.text, settings.label, *([] if settings.id is None else [settings.id])]


def _scan(
    split: int, path: Path, name: str, settings: FilesSettings, codes: dict[str, int], problems: Problems
) -> _Scan:
    """Check every row of a file; the labels of train get their codes here."""
    scan = _Scan(split, path, _state(path))
    for row, (text, label, *identity) in read_records(path, _columns(settings), problems):
        try:
            tokens = check_text(text, settings.max_length)
            label_text = check_name("label", label)
            if split == TRAIN:
                code = codes.setdefault(label_text, len(codes))
            elif label_text in codes:
                code = codes[label_text]
            else:
                raise BadValueError(f"no row of train has the label '{label_text}'", "correct it or add such rows")
            ids = [text_hash(check_name("id", value)) for value in identity]
        except BadValueError as error:
            problems.add(path, row, error.what, error.mend)
            continue
        if len(codes) > MOST_CLASSES:
            raise UserError(
                f"{path}:{row}: column '{settings.label}' has more than {MOST_CLASSES} different values; "
                f"name the column of labels in datasets.{name}.label"
            )
        scan.rows.append(row)
        scan.labels.append(code)
        scan.lengths.append(len(tokens))
        scan.keys.append(text_hash(" ".join(tokens)))
        scan.ids.extend(ids)
    _find_repeated_ids(scan, problems)
    return scan


def _rows(scans: Sequence[_Scan], settings: FilesSettings) -> Iterator[Row]:
    """The rows of all files once more, now known to be good."""
    for scan in scans:
        if _state(scan.path) != scan.state:
            raise UserError(f"{scan.path}: changed while it was read; run `dvc repro` again when it is finished")
        for row, (text, label, *identity) in read_records(scan.path, _columns(settings), Problems()):
            shown = check_name("id", identity[0]) if identity else f"{SPLITS[scan.split]}-{row}"
            yield Row(shown, text, check_name("label", label))


def _find_repeated_ids(scan: _Scan, problems: Problems) -> None:
    if not scan.ids:
        return
    _, first, inverse = np.unique(np.asarray(scan.ids), return_index=True, return_inverse=True)
    original = first[inverse]
    for index in np.flatnonzero(original != np.arange(len(original)))[:MOST_PROBLEMS].tolist():
        problems.add(scan.path, scan.rows[index], f"has the id of row {scan.rows[original[index]]}", "give it its own")


def _find_leaks(scans: Sequence[_Scan], problems: Problems) -> None:
    """Note the texts that stand in two files."""
    for place, later in enumerate(scans):
        later_keys = np.asarray(later.keys, dtype=np.uint64)
        for earlier in scans[:place]:
            earlier_keys = np.asarray(earlier.keys, dtype=np.uint64)
            for index in np.flatnonzero(np.isin(later_keys, earlier_keys))[:MOST_PROBLEMS].tolist():
                row = earlier.rows[int(np.argmax(earlier_keys == later_keys[index]))]
                what = f"has the words of {earlier.path}:{row}"
                problems.add(later.path, later.rows[index], what, "remove one of the two")


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        # Reading it says what is wrong.
        return 0, 0
    return status.st_size, status.st_mtime_ns
