"""Words follow from numbers."""

import pytest

from tests.report.fixture import plain
from timeshare.report.statistics import Comparison, Summary
from timeshare.report.wording import (
    Direction,
    compared,
    count,
    difference_with_interval,
    listing,
    p_value,
    percent,
    plural,
    points,
    share_with_interval,
    verdict,
)

WORDS = Direction("better", "worse")


def comparison(mean: float, low: float | None, high: float | None) -> Comparison:
    return Comparison(mean, low, high, p_value=0.25, probability_greater=0.5, n=3)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0%"), (1.0, "100.0%"), (0.98349, "98.3%"), (0.9998, "99.98%"), (0.999999, "99.99%"), (0.0002, "0.02%")],
)
def test_a_percentage_reads_0_or_100_only_where_it_is(share: float, text: str) -> None:
    assert percent(share) == text


def test_points_carry_their_sign() -> None:
    assert [plain(points(value)) for value in (0.284, -0.284, 0.0, -0.0001)] == ["+28.4", "-28.4", "0.0", "-0.01"]


def test_counts_p_values_and_lists() -> None:
    assert count(253512.0) == "253,512"
    assert [plain(p_value(p)) for p in (0.25, 0.03125, 0.0001)] == ["0.25", "0.031", "< 0.001"]
    assert [listing(["a", "b", "c"][:n]) for n in (0, 1, 2, 3)] == ["", "a", "a and b", "a, b and c"]
    assert (plural(1, "seed"), plural(3, "seed")) == ("1 seed", "3 seeds")


def test_intervals_stand_in_brackets_and_are_left_out_with_one_seed() -> None:
    assert plain(share_with_interval(Summary(0.95, 0.9, 1.0, 0.95, 1.0, 3))) == "95.0% [90.0, 100.0]"
    assert plain(share_with_interval(Summary(0.95, None, None, 0.95, 0.95, 1))) == "95.0%"
    assert plain(difference_with_interval(comparison(-0.1, -0.2, 0.05))) == "-10.0 [-20.0, +5.0]"


def test_datasets_that_agree_are_named_together() -> None:
    text = compared(
        [
            ("parity", comparison(0.49, 0.48, 0.5)),
            ("tweets", comparison(0.003, -0.005, 0.01)),
            ("sentences", comparison(0.2, 0.1, 0.3)),
            ("reviews", comparison(-0.1, -0.2, -0.05)),
        ],
        WORDS,
    )
    assert plain(text) == (
        "better on parity (by 49.0 points [48.0, 50.0]) and sentences (by 20.0 points [10.0, 30.0]); "
        "worse on reviews (by 10.0 points [5.0, 20.0]); no difference on tweets (+0.3 [-0.5, +1.0])"
    )


def test_one_seed_makes_no_claim() -> None:
    text = compared([("parity", comparison(0.49, None, None))], WORDS)
    assert plain(text) == "+49.0 on parity (one seed: no interval)"


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        ([], "Not measured by this run"),
        ([1, 1], "Yes"),
        ([-1], "No"),
        ([0, 0], "No difference"),
        ([1, 0, 1], "Yes on 2 of 3 datasets"),
        ([0, -1], "No on 1 of 2 datasets"),
        ([1, -1], "Depends on the data"),
        ([1, 0, -1], "Depends on the data"),
        ([1, None], "Open: one seed"),
    ],
)
def test_the_verdict_says_what_all_signs_allow(signs: list[int | None], text: str) -> None:
    assert verdict(signs, yes="Yes", no="No") == text
