"""What the tables are made of: the names of metrics, entries, and how a metric is written."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from timeshare.report.statistics import Comparison, Estimate
from timeshare.report.wording import count, decimal, percent, points, signed_decimal

# Models that need no training, as results/ names them.
UNTRAINED = {"constant": "constant (majority)", "random": "random guess", "order_blind": "blind to order"}
UNTRAINED_COLUMNS = (UNTRAINED["constant"], UNTRAINED["random"])
# What the page calls a metric; the order is that of the columns.
METRICS = {
    "accuracy": "accuracy",
    "train_accuracy": "training accuracy",
    "overfit": "overfit",
    "order_invariance": "order invariance",
    "order_sensitivity": "order sensitivity",
    "order_score": "order score",
    "shuffle_change": "changed by shuffling",
    "position_gap": "position gap",
    "length_score": "length score",
    "length_score/hold": "length score, last weights kept",
    "length_score/cycle": "length score, weights repeated",
    "parameters": "parameters",
    "padding_waste": "padding waste",
    "moved_invariance": "phrase moved, label kept",
    "weight_similarity": "similarity of steps",
    "interference": "agreement of lessons",
    "state_distance": "distance of states",
    "suite_pass_rate": "suite passed",
}
_COUNTS = frozenset(("parameters",))
_GAPS = frozenset(("overfit", "position_gap"))
_DECIMALS = frozenset(("weight_similarity", "interference", "state_distance"))


class Entry(NamedTuple):
    """A table's entry: its text, a smaller line under it, and whether it names a model of the run."""

    text: str
    note: str = ""
    is_model: bool = False


ABSENT = Entry("\N{EN DASH}")


class Table(NamedTuple):
    """A table of the page.

    Attributes:
        caption: what it holds.
        columns: headings.
        rows: one tuple of entries a row; the first names the row, the others hold numbers.
        grouped: whether each row begins with one more entry, which names the group that neighbouring rows form.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Entry]]
    grouped: bool = False

    @property
    def groups(self) -> list[tuple[str, list[Sequence[Entry]]]]:
        """(name, rows) of each group; the name of the only group of an ungrouped table is empty."""
        if not self.grouped:
            return [("", list(self.rows))]
        return [
            (name, [row[1:] for row in rows])
            for name, rows in itertools.groupby(self.rows, key=lambda row: row[0].text)
        ]

    @property
    def parts(self) -> list["Table"]:
        """Tables of neighbouring groups that have values in the same columns, without the columns that are empty there.

        What one dataset measures another may not: side by side in one table, most of its entries would be dashes.
        """
        start = int(self.grouped)  # what names the group is no column

        def filled(rows: Iterable[Sequence[Entry]]) -> list[int]:
            rows = list(rows)
            return [place for place in range(len(self.columns)) if any(row[start + place] != ABSENT for row in rows)]

        groups = [
            list(rows) for _, rows in itertools.groupby(self.rows, key=lambda row: row[0].text if self.grouped else "")
        ]
        found = []
        for places, neighbours in itertools.groupby(groups, key=filled):
            rows = [(*row[:start], *(row[start + place] for place in places)) for group in neighbours for row in group]
            found.append(Table(self.caption, [self.columns[place] for place in places], rows, self.grouped))
        return found


def metric_name(metric: str) -> str:
    """What the page calls a metric; of a family of metrics, by its member."""
    name, _, member = metric.partition("/")
    return METRICS.get(metric) or f"{METRICS.get(name, name)}, {member}".rstrip(", ").replace("_", " ")


def form_of(metric: str) -> Callable[[float], str]:
    """How a metric's values are written: as counts, points, plain numbers or percentages."""
    name = metric.partition("/")[0]
    if name in _COUNTS:
        return count
    if name in _GAPS:
        return points
    return decimal if name in _DECIMALS or name.endswith("_divergence") else percent


def model_entry(name: str) -> Entry:
    """An entry that names a model of the run and shows its key."""
    return Entry(name, is_model=True)


def untrained_entries(constant: float, classes: int) -> tuple[Entry, Entry]:
    """The entries of UNTRAINED_COLUMNS: the accuracy of a constant answer, and of a guess among so many classes."""
    return Entry(percent(constant)), Entry(percent(1 / classes))


def estimate_entry(estimate: Estimate | None, form: Callable[[float], str]) -> Entry:
    """A mean with its interval below, where it has one."""
    if estimate is None:
        return ABSENT
    low, high = estimate.low, estimate.high
    if low is None or high is None or low == high:
        return Entry(form(estimate.mean))
    # A narrow column breaks `79.8 to 84.2%` after the `to`.
    return Entry(form(estimate.mean), f"{form(low).removesuffix('%')}\N{NO-BREAK SPACE}to {form(high)}")


def value_entry(metric: str, summary: Estimate | None) -> Entry:
    """A metric's mean with its interval below."""
    return estimate_entry(summary, form_of(metric))


def difference_entry(comparison: Comparison | None, metric: str = "accuracy") -> Entry:
    """A paired difference with its interval below: in percentage points, or as plain numbers where the metric is."""
    return estimate_entry(comparison, signed_decimal if form_of(metric) is decimal else points)


def series_table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[tuple[Sequence[str], Sequence[Estimate | None], float]],
    classes: int,
    *,
    grouped: bool = False,
) -> Table:
    """Accuracies with their intervals, a column a series, beside those of the models that need no training.

    Args:
        caption: of the table.
        columns: what the row's name is, and the series.
        rows: its name (and before that its group's), the accuracies, and that of a constant answer.
        classes: among which a guess is made.
        grouped: whether rows have a group.
    """
    entries = [
        (*map(Entry, names), *(value_entry("accuracy", one) for one in found), *untrained_entries(constant, classes))
        for names, found, constant in rows
    ]
    return Table(caption, [*columns, *UNTRAINED_COLUMNS], entries, grouped)
