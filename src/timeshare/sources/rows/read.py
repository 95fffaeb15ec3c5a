"""Tables of a user's rows, whatever they are read from, as raw tables.

Every row is checked before anything is written. The tables are then read again, once for each raw table, so that
memory never holds their texts.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from timeshare.core.config.errors import UserError, fit_for_terminal, quoted
from timeshare.sources.raw import SPLITS, RawData, Row
from timeshare.sources.realtext.routing import assemble
from timeshare.sources.realtext.splits import TRAIN, Facts
from timeshare.sources.rows import policy
from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.labels import Labels
from timeshare.sources.rows.scan import Scan, Table, scan_table
from timeshare.sources.rows.settings import RowsSettings
from timeshare.sources.rows.values import Reason, check_name

_MANY_CLASSES = 20


def read_tables(name: str, settings: RowsSettings, tables: Sequence[Table], cut: Callable[[str], list[str]]) -> RawData:
    """Check tables, and route their rows.

    Args:
        name: the dataset's name in the catalogue, for messages.
        settings: columns, limits, policy for rows, split and probes.
        tables: in the order of their splits, the first that of train.
        cut: the tokeniser, for texts that are not lists of tokens.
    Raises:
        UserError: a table cannot be read, rows are bad, or the rows do not make a classification task; what can be
            known together is listed together.
    """
    findings, labels = Findings(), Labels()
    scans = _scan(name, settings, tables, cut, labels, findings)
    names = labels.names()
    contradicting, example = policy.contradictions(scans)
    policy.settle_shared_texts(scans, settings, findings)
    _check_classes(scans, names, findings)
    token_lists = _are_token_lists(scans, findings)
    findings.check()
    kept = [scan.kept() for scan in scans]
    codes = np.concatenate([scan.labels[each] for scan, each in zip(scans, kept, strict=True)])
    used = {code: names[code] for code in np.unique(codes).tolist()}
    classes = sorted(used.values())
    place = np.zeros(len(names), dtype=np.int32)
    place[list(used)] = [classes.index(label) for label in used.values()]
    facts = Facts(
        labels=place[codes],
        lengths=np.concatenate([scan.lengths[each] for scan, each in zip(scans, kept, strict=True)]),
        keys=np.concatenate([scan.keys[each] for scan, each in zip(scans, kept, strict=True)]),
        given=np.repeat(np.array([scan.table.split for scan in scans], np.int8), [each.sum() for each in kept]),
    )
    if token_lists:
        settings = settings.model_copy(update={"tokeniser": "whitespace"})
    raw = assemble(
        name,
        settings,
        classes,
        facts,
        lambda: _rows(scans, settings, labels, used),
        {
            "rows_given": {SPLITS[scan.table.split]: len(scan.rows) for scan in scans},
            "contradicting_texts": contradicting,
        },
        strict=settings.rows == "strict",
    )
    return replace(
        raw,
        remarks=(*_remarks(name, settings, scans, labels, used, contradicting, example), *raw.remarks),
        left_out=policy.left_out(scans),
        left_out_by_reason=policy.counts(scans),
        tokeniser="whitespace" if token_lists else None,
    )


def _remarks(
    name: str,
    settings: RowsSettings,
    scans: Sequence[Scan],
    labels: Labels,
    used: dict[int, str],
    contradicting: int,
    example: str,
) -> Iterator[str]:
    """What whoever reads the results ought to know of the rows."""
    where = f"datasets.{name}"
    yield from policy.remarks(scans)
    if contradicting:
        have = "1 text has" if contradicting == 1 else f"{contradicting} texts have"
        yield f"{where}: {have} different labels in different rows, such as {example}"
    yield from labels.remarks(where, used)
    rows = np.count_nonzero(scans[0].kept())
    if len(used) > _MANY_CLASSES and 2 * len(used) > rows:
        mend = f"if it is not that of the classes, name the right one in {where}.label"
        yield f"{where}: column '{settings.label}' has {len(used)} values in {rows} rows; {mend}"
    if scans[0].unspaced and not scans[0].token_lists:
        what = "most texts have no spaces between words, so that a token is a sentence"
        yield f"{where}: {what}; `tokeniser: characters` would cut them into characters"


def _scan(
    name: str,
    settings: RowsSettings,
    tables: Sequence[Table],
    cut: Callable[[str], list[str]],
    labels: Labels,
    findings: Findings,
) -> list[Scan]:
    """Check every row of the tables; whatever is wrong with a whole table stops here, for all of them."""
    scans = []
    for table in tables:
        try:
            scans.append(scan_table(table, name, settings, labels, cut, findings))
        except UserError as error:
            findings.stop(str(error))
    if findings.stopped:
        findings.check()
    for line in findings.said:
        print(fit_for_terminal(line), file=sys.stderr)
    return scans


def _check_classes(scans: Sequence[Scan], names: Sequence[str], findings: Findings) -> None:
    """Note tables without a row, labels that train lacks, and a train of one class."""
    empty = [scan for scan in scans if not scan.kept().any()]
    for scan in empty:
        if findings.is_faulty(scan.table.name):
            continue
        found = f"{len(scan.rows)} rows, all of them left out" if len(scan.rows) else "no rows"
        findings.stop(f"{scan.table.name}: has {found}; give texts and labels")
    if empty:
        return
    train = scans[0]
    trained = np.zeros(len(names), dtype=bool)
    trained[train.labels[train.kept()]] = True
    _check_given_way(train, trained, names, findings)
    for scan in scans[1:]:
        for index in np.flatnonzero(scan.kept() & ~trained[scan.labels]).tolist():
            what = f"no row of {SPLITS[TRAIN]} has the label '{names[scan.labels[index]]}'"
            findings.fault(scan.table.name, int(scan.rows[index]), what, "correct it or add such rows")
    if trained.sum() == 1:
        label = names[int(np.argmax(trained))]
        findings.stop(f"{train.table.name}: all rows have the label '{label}'; give texts of two classes or more")


def _check_given_way(train: Scan, trained: np.ndarray, names: Sequence[str], findings: Findings) -> None:
    """Note the labels whose rows of train all stand in a later split."""
    gave_way = np.isin(train.reasons, (Reason.IN_VALID, Reason.IN_TEST))
    for code in np.unique(train.labels[gave_way]).tolist():
        if not trained[code]:
            row = int(train.rows[np.argmax(gave_way & (train.labels == code))])
            what = f"all texts of train with the label '{names[code]}' stand in valid or test too"
            findings.fault(train.table.name, row, what, "add others, or remove the label")


def _are_token_lists(scans: Sequence[Scan], findings: Findings) -> bool:
    """Whether the texts are lists of tokens; some that are and some that are not are noted."""
    lists = sum(scan.token_lists for scan in scans)
    texts = sum(scan.texts for scan in scans)
    if 0 < lists < texts:
        files = quoted([scan.table.name for scan in scans if scan.token_lists])
        findings.stop(f"{files}: {lists} of {texts} texts are lists of tokens; write all texts alike")
    return lists > 0


def _rows(scans: Sequence[Scan], settings: RowsSettings, labels: Labels, names: dict[int, str]) -> Iterator[Row]:
    """The rows of all tables once more, without those that are left out."""
    for scan in scans:
        if scan.table.version() != scan.version:
            raise UserError(f"{scan.table.name}: changed while it was read; run `dvc repro` again when it is finished")
        records = scan.table.records(Findings())
        for (row, (text, label, *identity)), kept in zip(records, scan.kept().tolist(), strict=True):
            if kept:
                shown_id = check_name("id", identity[0]) if identity else f"{SPLITS[scan.table.split]}-{row}"
                whole = " ".join(text) if isinstance(text, list) else text
                yield Row(shown_id, whole, names[labels.code(label)])
