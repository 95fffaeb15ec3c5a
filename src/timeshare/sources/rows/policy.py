"""Rows that are left out for what other rows hold, and what is said of all that are."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from timeshare.sources.rows.findings import Findings
from timeshare.sources.rows.scan import Scan
from timeshare.sources.rows.settings import RowsSettings
from timeshare.sources.rows.values import Reason

_OF_SPLIT = {1: Reason.IN_VALID, 2: Reason.IN_TEST}
_WORDS = {
    Reason.EMPTY_TEXT: "the text is empty",
    Reason.NO_TOKEN: "the text has no token",
    Reason.NO_LABEL: "the label is missing",
    Reason.TOO_LONG: "the text has more than max_length tokens",
    Reason.IN_VALID: "the text stands in valid too",
    Reason.IN_TEST: "the text stands in test too",
    Reason.REPEATED: "an earlier row has the same text",
}


def settle_shared_texts(scans: Sequence[Scan], settings: RowsSettings, findings: Findings) -> None:
    """Leave a text that stands in two splits out of the earlier one, or refuse it: test stays whole.

    A text repeated within a table is left out if the settings say so.
    """
    for place, earlier in enumerate(scans):
        later = scans[place + 1 :]
        if settings.rows == "strict":
            for other in later:
                _refuse_shared(earlier, other, findings)
        else:
            for other in reversed(later):
                earlier.reasons[earlier.kept() & _shared(earlier, other)] = _OF_SPLIT[other.table.split]
        if settings.repeats == "leave_out":
            kept = np.flatnonzero(earlier.kept())
            _, first = np.unique(earlier.keys[kept], return_index=True)
            earlier.reasons[np.delete(kept, first)] = Reason.REPEATED


def contradictions(scans: Sequence[Scan]) -> tuple[int, str]:
    """How many texts have different labels, before any is left out for what other rows hold.

    Returns:
        (count, where): the second names two such rows, if there are any.
    """
    usable = [np.flatnonzero(scan.kept()) for scan in scans]
    keys = np.concatenate([scan.keys[rows] for scan, rows in zip(scans, usable, strict=True)])
    labels = np.concatenate([scan.labels[rows] for scan, rows in zip(scans, usable, strict=True)])
    order = np.argsort(keys, kind="stable")
    keys, labels = keys[order], labels[order]
    places = np.flatnonzero((keys[1:] == keys[:-1]) & (labels[1:] != labels[:-1]))
    if not len(places):
        return 0, ""
    ends = np.cumsum([len(rows) for rows in usable])

    def named(place: int) -> str:
        of = int(np.searchsorted(ends, place, side="right"))
        return f"{scans[of].table.name}:{scans[of].rows[usable[of][place - ends[of]]]}"

    where = " and ".join(map(named, order[places[0] : places[0] + 2].tolist()))
    return len(np.unique(keys[places])), where


def left_out(scans: Sequence[Scan]) -> Iterator[tuple[str, int, str]]:
    """File, row and reason of every row that is left out."""
    for scan in scans:
        for index in np.flatnonzero(scan.reasons):
            yield scan.table.name, int(scan.rows[index]), Reason(scan.reasons[index]).name.lower()


def counts(scans: Sequence[Scan]) -> dict[str, int]:
    """How many rows each reason leaves out."""
    total: Counter[str] = Counter()
    for scan in scans:
        for reason, count in _counts(scan):
            total[reason.name.lower()] += count
    return dict(total)


def remarks(scans: Sequence[Scan]) -> Iterator[str]:
    """A line for each file and reason, and one for the repeated texts that are kept."""
    for scan in scans:
        for reason, count in _counts(scan):
            first = scan.rows[np.argmax(scan.reasons == reason)]
            rows = "row is" if count == 1 else "rows are"
            yield f"{scan.table.name}: {count} {rows} left out because {_WORDS[reason]} (the first is row {first})"
        kept = scan.keys[scan.kept()]
        repeated = len(kept) - len(np.unique(kept))
        if repeated:
            rows = "row repeats" if repeated == 1 else "rows repeat"
            yield f"{scan.table.name}: {repeated} {rows} an earlier text and stay; `repeats: leave_out` leaves them out"


def _counts(scan: Scan) -> list[tuple[Reason, int]]:
    found = np.bincount(scan.reasons, minlength=len(Reason) + 1)
    return [(reason, int(found[reason])) for reason in Reason if found[reason]]


def _shared(scan: Scan, other: Scan) -> np.ndarray:
    """bool [N], the rows of a scan whose text a kept row of the other has."""
    shared: np.ndarray = np.isin(scan.keys, other.keys[other.kept()])
    return shared


def _refuse_shared(earlier: Scan, later: Scan, findings: Findings) -> None:
    shared = np.flatnonzero(_shared(later, earlier))
    order = np.argsort(earlier.keys, kind="stable")
    rows = earlier.rows[order[np.searchsorted(earlier.keys, later.keys[shared], sorter=order)]]
    for index, row in zip(shared.tolist(), rows.tolist(), strict=True):
        what = f"has the words of {earlier.table.name}:{row}"
        findings.fault(later.table.name, int(later.rows[index]), what, "remove one of the two")
