"""Numbers as words: percentages, differences with their intervals, and verdicts that follow from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from timeshare.report.statistics import Comparison, Estimate, Summary

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


def factor(ratio: float) -> str:
    """How many times as much, to two digits, or whole from 100 on: 4.2, 40, 253."""
    return f"{ratio:.2g}" if ratio < 99.5 else count(ratio)


def scientific(number: float) -> str:
    """A tiny number: 3.3e-16, which no line ends within."""
    return f"{number:.1e}".replace("-", _MINUS)


def p_value(p: float) -> str:
    """A p value with two digits: 0.25, 0.031, < 0.001."""
    return f"<{_SPACE}0.001" if p < 0.001 else f"{p:.2g}"


def decimal(number: float) -> str:
    """A plain number to two decimals: 0.33."""
    text = f"{number:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", _MINUS)


def signed_decimal(number: float) -> str:
    """The same with its sign: +0.33."""
    text = decimal(number)
    return f"+{text}" if number > 0 and text != "0.00" else text


def share_with_interval(summary: Estimate) -> str:
    """98.3% [97.1, 99.0], or the percentage alone where there is one seed."""
    return percent(summary.mean) + _bracket(summary.low, summary.high, _hundredth)


def decimal_with_interval(summary: Summary) -> str:
    """0.33 [0.30, 0.36], or the number alone where there is one seed."""
    return decimal(summary.mean) + _bracket(summary.low, summary.high, decimal)


def difference_with_interval(comparison: Comparison, *, shares: bool = True) -> str:
    """+28.4 [25.1, 30.2], or the number alone where there is one seed; a plain number where it is not of shares."""
    form = points if shares else signed_decimal
    return form(comparison.mean) + _bracket(comparison.low, comparison.high, form)


def amount_with_interval(comparison: Comparison, *, shares: bool = True) -> str:
    """The size of a difference whose direction the sentence states: 28.4 points [25.1, 30.2]."""
    low, high = comparison.low, comparison.high
    if comparison.mean < 0 and low is not None and high is not None:
        low, high = -high, -low
    form, unit = (_hundredth, f"{_SPACE}points") if shares else (decimal, "")
    return f"{form(abs(comparison.mean))}{unit}{_bracket(low, high, form)}"


def listing(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def clauses(*items: str) -> str:
    """Those that are not empty, as one sentence's: `a; b`."""
    return "; ".join(filter(None, items))


def plural(number: int, noun: str) -> str:
    """1 seed, 3 seeds."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Direction:
    """The words for a difference that is above 0, below 0, or not told from 0."""

    more: str
    less: str
    same: str = "no difference"


ACCURATE = Direction("more accurate", "less accurate", "not clearly different")
HIGHER = Direction("higher", "lower", "not clearly different")


def compared(
    differences: Sequence[tuple[str, Comparison]], words: Direction, *, shares: bool = True, where: str = "on"
) -> str:
    """What the datasets say of one comparison, those that agree together.

    A difference is called one only where its interval leaves out 0.

    Args:
        differences: (dataset, difference) pairs.
        words: for each sign.
        shares: whether the differences are of shares, in points; otherwise they are plain numbers.
        where: stands before the names.
    Returns:
        E.g. `more accurate on parity (by 49.0 points [48.1, 50.2]); no difference on tweets (+0.3 [-0.5, 1.0])`.
    """
    said = []
    for sign, phrase in ((1, words.more), (-1, words.less)):
        found = [
            f"{name} (by{_SPACE}{amount_with_interval(item, shares=shares)})"
            for name, item in differences
            if item.sign == sign
        ]
        if found:
            said.append(f"{phrase} {where} {listing(found)}")
    same = [f"{name} ({difference_with_interval(item, shares=shares)})" for name, item in differences if item.sign == 0]
    if same:
        said.append(f"{words.same} {where} {listing(same)}")
    single = [
        f"{difference_with_interval(item, shares=shares)} {where} {name}"
        for name, item in differences
        if item.sign is None
    ]
    if single:
        said.append(f"{listing(single)} (one seed: no interval)")
    return clauses(*said)


def verdict(
    signs: Sequence[int | None],
    yes: str,
    no: str,
    same: str = "No difference",
    where: str = "on {} of {} datasets",
    mixed: str = "Depends on the data",
) -> str:
    """The shortest answer that the signs of the differences allow.

    Args:
        signs: of each difference: 1, -1, 0, or None without an interval.
        yes: the answer where all are 1.
        no: where all are -1.
        same: where all are 0.
        where: added where some are 0 and the others agree: how many of how many.
        mixed: where there are both 1 and -1.
    """
    if not signs:
        return NOT_MEASURED
    if None in signs:
        return "Open: one seed"
    found = set(signs) - {0}
    if len(found) > 1:
        return mixed
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


def _bracket(low: float | None, high: float | None, form: Callable[[float], str]) -> str:
    return "" if low is None or high is None else f" [{form(low)},{_SPACE}{form(high)}]"
