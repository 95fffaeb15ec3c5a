"""Numbers as words: percentages, differences with their intervals, and verdicts that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass

from timeshare.report.statistics import Comparison, Summary

# An interval is one word to the line breaker, and a minus is no hyphen.
_SPACE = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
NOT_MEASURED = "Not measured by this run"


def percent(share: float) -> str:
    """A share as a percentage: 0.983 -> 98.3%."""
    return f"{_hundredth(share)}%"


def points(difference: float) -> str:
    """A difference of shares in percentage points, signed: 0.284 -> +28.4."""
    text = _hundredth(difference)
    return text if difference < 0 or text == "0.0" else f"+{text}"


def count(number: float) -> str:
    """A whole number with thousands apart: 253512 -> 253,512."""
    return f"{number:,.0f}".replace("-", _MINUS)


def p_value(p: float) -> str:
    """A p value with two digits: 0.25, 0.031, < 0.001."""
    return f"<{_SPACE}0.001" if p < 0.001 else f"{p:.2g}"


def share_with_interval(summary: Summary) -> str:
    """98.3% [97.1, 99.0], or the percentage alone where there is one seed."""
    return percent(summary.mean) + _bracket(summary.low, summary.high, signed=False)


def difference_with_interval(comparison: Comparison) -> str:
    """+28.4 [25.1, 30.2], or the number alone where there is one seed."""
    return points(comparison.mean) + _bracket(comparison.low, comparison.high, signed=True)


def amount_with_interval(comparison: Comparison) -> str:
    """The size of a difference whose direction the sentence states: 28.4 points [25.1, 30.2]."""
    low, high = comparison.low, comparison.high
    if comparison.mean < 0 and low is not None and high is not None:
        low, high = -high, -low
    return f"{_hundredth(abs(comparison.mean))}{_SPACE}points{_bracket(low, high, signed=False)}"


def listing(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def plural(number: int, noun: str) -> str:
    """1 seed, 3 seeds."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Direction:
    """The words for a difference that is above 0, below 0, or not told from 0."""

    more: str
    less: str
    same: str = "no difference"


def compared(differences: Sequence[tuple[str, Comparison]], words: Direction) -> str:
    """What the datasets say of one comparison, those that agree together.

    A difference is called one only where its interval leaves out 0.

    Args:
        differences: (dataset, difference) pairs.
        words: for each sign.
    Returns:
        E.g. `more accurate on parity (by 49.0 points [48.1, 50.2]); no difference on tweets (+0.3 [-0.5, 1.0])`.
    """
    clauses = []
    for sign, phrase in ((1, words.more), (-1, words.less)):
        found = [f"{name} (by{_SPACE}{amount_with_interval(item)})" for name, item in differences if item.sign == sign]
        if found:
            clauses.append(f"{phrase} on {listing(found)}")
    same = [f"{name} ({difference_with_interval(item)})" for name, item in differences if item.sign == 0]
    if same:
        clauses.append(f"{words.same} on {listing(same)}")
    single = [f"{name} ({difference_with_interval(item)})" for name, item in differences if item.sign is None]
    if single:
        clauses.append(f"one seed and so no interval on {listing(single)}")
    return "; ".join(clauses)


def verdict(
    signs: Sequence[int | None], yes: str, no: str, same: str = "No difference", where: str = "on {} of {} datasets"
) -> str:
    """The shortest answer that the signs of the differences allow.

    Args:
        signs: of each difference: 1, -1, 0, or None without an interval.
        yes: the answer where all are 1.
        no: where all are -1.
        same: where all are 0.
        where: added where some are 0 and the others agree: how many of how many.
    """
    if not signs:
        return NOT_MEASURED
    if None in signs:
        return "Open: one seed"
    found = set(signs) - {0}
    if len(found) > 1:
        return "Depends on the data"
    if not found:
        return same
    answer = yes if found == {1} else no
    return answer if 0 not in signs else f"{answer} {where.format(len(signs) - signs.count(0), len(signs))}"


def _hundredth(share: float) -> str:
    """100 x share to a decimal; more of them where it would read 0.0 or 100.0 and is not."""
    value = 100 * share
    if abs(value) < 1e-9:
        return "0.0"
    text = f"{value:.1f}"
    if text in ("0.0", "-0.0"):
        text = f"{value:.1g}"
    elif text == "100.0" and value < 100 - 1e-9:
        text = f"{min(value, 99.99):.2f}"
    return text.replace("-", _MINUS)


def _bracket(low: float | None, high: float | None, *, signed: bool) -> str:
    if low is None or high is None:
        return ""
    form = points if signed else _hundredth
    return f" [{form(low)},{_SPACE}{form(high)}]"
