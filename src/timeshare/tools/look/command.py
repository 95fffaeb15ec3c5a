"""Looking at files: columns, classes, lengths, what ingest would say of them, and the entry that reads them."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from timeshare.core.config.errors import UserError
from timeshare.core.config.mistakes import said
from timeshare.core.md5 import lies_in
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.sources.files import FilesSettings
from timeshare.sources.files.formats import column_names, read_records
from timeshare.sources.raw import SPLITS
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.labels import Labels
from timeshare.sources.rows.read import read_tables
from timeshare.sources.rows.scan import Record, Table, scan_table
from timeshare.tools.look.columns import columns_of, guessed_label, guessed_text
from timeshare.tools.look.entry import enter, entry_as_yaml
from timeshare.tools.look.printing import console, print_columns, print_scans, say
from timeshare.tools.look.writing import suits_whitespace

ROWS = 100_000
_TEXTS_LOOKED_AT = 1000
_PARAMS, _WATCHED = Path("params.yaml"), Path("data/files")
# What in the names of several files tells their splits; where none of it stands, the file is train.
_TOLD = {1: r"valid(?:ation)?|val|dev", 2: "test", 0: "train(?:ing)?"}


def main(
    files: Sequence[str],
    text: str | None = None,
    label: str | None = None,
    tokeniser: str | None = None,
    rows: int = ROWS,
    add: str | None = None,
) -> None:
    """Print what files hold, and the entry of params.yaml that reads them, or enter it there.

    Args:
        files: of one dataset; the names of several tell which is train, valid and test.
        text: the column of the texts; None: guessed.
        label: that of the labels; None: guessed.
        tokeniser: what cuts the texts; None: proposed.
        rows: of each file that are looked at; 0: all.
        add: the name under which the dataset is entered in params.yaml; None: the entry is printed.
    Raises:
        UserError: a file cannot be read, or no column looks like texts or labels.
    """
    if rows < 0:
        raise UserError(f"--rows {rows}: give 0 or more")
    paths = _by_split(files)
    name, entry = look_at(paths, text, label, tokeniser, rows, add)
    if add is None:
        print(f"\n{entry_as_yaml(name, entry)}", end="")
    else:
        enter(_PARAMS, add, entry)
        print(f"\n{_PARAMS}: has the dataset {add}, and the run is of it; `timeshare repro` makes the report")
    if not all(lies_in(Path(path), _WATCHED) for path in paths.values()):
        print(
            f"DVC watches {_WATCHED} alone: put files, or links to them, there, so that it sees them change",
            file=sys.stderr,
        )


def look_at(
    paths: Mapping[int, str],
    text: str | None = None,
    label: str | None = None,
    tokeniser: str | None = None,
    rows: int = ROWS,
    name: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """Print what files hold.

    Args:
        paths: by their place in `SPLITS`.
        text: as `main` takes it, like what follows.
        label: the column of the labels.
        tokeniser: what cuts the texts.
        rows: of each file.
        name: the dataset's; None: that of its file.
    Returns:
        A name for the dataset, and its entry in params.yaml.
    Raises:
        UserError: as `main` does.
    """
    train, out = paths[0], console()
    columns, count = columns_of(*_all_columns(Path(train), rows))
    label = label or guessed_label([column for column in columns if column.name != text], count)
    text = text or guessed_text(columns, label)
    print_columns(out, train, columns, count, {text: "text", label: "label"})
    if text is None or label is None:
        lacking = "label" if label is None else "text"
        raise UserError(f"{train}: no column looks like a {lacking}; name it with --{lacking} COLUMN")
    entry = {"source": "files", **{SPLITS[split]: path for split, path in paths.items()}, "text": text, "label": label}
    sample = _sample(Path(train), text)
    entry |= _cut(tokeniser or _proposed(train, entry, sample))
    settings, name = _settings(entry), name or _name(train)
    tables = [_table(split, path, settings, rows) for split, path in paths.items()]
    labels, cut = Labels(), tokeniser_of(settings.tokeniser)
    scans = [scan_table(table, name, settings, labels, cut, Findings()) for table in tables]
    print_scans(out, scans, labels, sample)
    try:
        remarks, heading = read_tables(name, settings, tables, cut).remarks, "As a dataset:"
    except UserError as error:
        remarks, heading = str(error).splitlines(), "It cannot be a dataset yet:"
    for line in [f"\n{heading}", *(f"- {remark}" for remark in remarks)] if remarks else ():
        say(out, line)
    limited = [scan.table.name for scan in scans if rows and len(scan.rows) >= rows]
    if limited:
        say(out, f"\nof {', '.join(limited)} the first {rows:,} rows were looked at; `--rows 0` looks at all")
    return name, entry


def _by_split(files: Sequence[str]) -> dict[int, str]:
    """The files by their place in `SPLITS`, as their names tell; a single one is train."""
    found: dict[int, str] = {}
    for file in files:
        told = (split for split, words in _TOLD.items() if re.search(f"(?<![a-z])(?:{words})(?![a-z])", _stem(file)))
        split = next(told, 0) if len(files) > 1 else 0
        if split in found:
            mend = "give one file for each of train, valid and test"
            raise UserError(f"{found[split]}, {file}: are both {SPLITS[split]} by their names; {mend}")
        found[split] = file
    if 0 not in found:
        raise UserError(f"{', '.join(files)}: none is train by its name; give that file too")
    return dict(sorted(found.items()))


def _stem(file: str) -> str:
    return Path(file).stem.lower()


def _name(train: str) -> str:
    """A dataset's name from that of its file."""
    words = [word for word in re.split(r"[^a-z0-9]+", _stem(train)) if word and not re.fullmatch(_TOLD[0], word)]
    return "_".join(words)[:64] or "mine"


def _all_columns(path: Path, rows: int) -> tuple[list[str], Iterator[Record]]:
    """The columns that have a name of their own, and the rows."""
    names = column_names(path)
    names = [name for name in names if name and names.count(name) == 1]
    return names, islice(read_records(path, names, Findings()), rows or None)


def _sample(path: Path, text: str) -> list[str]:
    records = islice(read_records(path, [text], Findings()), _TEXTS_LOOKED_AT)
    return [value for _, (value,) in records if isinstance(value, str)]


def _proposed(train: str, entry: dict[str, Any], sample: Sequence[str]) -> str:
    table = _table(0, train, settings := _settings(entry), _TEXTS_LOOKED_AT)
    if scan_table(table, "", settings, Labels(), tokeniser_of(settings.tokeniser), Findings()).unspaced:
        return "characters"
    return "whitespace" if suits_whitespace(sample) else settings.tokeniser


def _cut(tokeniser: str) -> dict[str, str]:
    """The key of an entry, where it is not left out for its default."""
    return {} if tokeniser == FilesSettings.model_fields["tokeniser"].default else {"tokeniser": tokeniser}


def _settings(entry: dict[str, Any]) -> FilesSettings:
    try:
        return FilesSettings.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "".join(f"--{key}: " for key in first["loc"])
        raise UserError(f"{where}{said([first])}") from None


def _table(split: int, path: str, settings: FilesSettings, rows: int) -> Table:
    def records(findings: Findings) -> Iterator[Record]:
        return islice(read_records(Path(path), settings.columns(), findings), rows or None)

    return Table(split, path, records, lambda: None)
