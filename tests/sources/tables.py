"""Reading what a source yields, as plain rows."""

from typing import Any

from timeshare.sources.raw import RawData


def rows_of(raw: RawData, split: str) -> list[dict[str, Any]]:
    """The rows of a split, in order."""
    return [row for batch in raw.splits[split] for row in batch.to_pylist()]


def texts_of(raw: RawData, split: str) -> list[str]:
    """The texts of a split, in order."""
    return [row["text"] for row in rows_of(raw, split)]


def probes_of(raw: RawData) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The probes by kind and group, in order of their places."""
    kinds: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for batch in raw.probes:
        for probe in batch.to_pylist():
            kinds.setdefault(probe["kind"], {}).setdefault(probe["group"], []).append(probe)
    return kinds
