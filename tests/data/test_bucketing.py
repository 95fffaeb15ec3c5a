from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.data.bucketing import (
    bounds_for,
    bucket_of,
    exact_bounds,
    extended_bounds,
    given_bounds,
    optimal_bounds,
    quantile_bounds,
    waste_of_bounds,
)

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=30).map(np.array)


def entries(lengths: np.ndarray, bounds: tuple[int, ...]) -> int:
    return sum(min(bound for bound in bounds if bound >= length) for length in lengths.tolist())


@given(lengths=LENGTHS, buckets=st.integers(1, 5))
def test_optimal_bounds_waste_no_more_than_any_other_choice(lengths: np.ndarray, buckets: int) -> None:
    longest = int(lengths.max())
    fewest = min(
        entries(lengths, (*others, longest))
        for count in range(min(buckets, longest))
        for others in combinations(range(1, longest), count)
    )
    bounds = optimal_bounds(lengths, buckets)
    assert entries(lengths, bounds) == fewest
    assert len(bounds) <= buckets
    assert bounds[-1] == longest


def test_optimal_bounds_of_a_case_done_by_hand() -> None:
    lengths = np.array([1] * 10 + [4] + [5] * 10 + [9])
    # Two buckets: (1, 9) pads 5s to 9 (45 entries of padding); (5, 9) pads 1s to 5 (41) - the better; (4, 9) is worst.
    assert optimal_bounds(lengths, 2) == (5, 9)
    assert optimal_bounds(lengths, 3) == (1, 5, 9)
    assert optimal_bounds(lengths, 4) == optimal_bounds(lengths, 99) == (1, 4, 5, 9)


def test_quantile_bounds_are_lengths_that_share_the_texts_out_evenly() -> None:
    assert quantile_bounds(np.arange(1, 101), 4) == (25, 50, 75, 100)
    assert quantile_bounds(np.array([3] * 9 + [8]), 4) == (3, 8)


@pytest.mark.parametrize(
    ("longest", "bounds"),
    [(4, (5,)), (5, (5,)), (6, (5, 20)), (50, (5, 20, 50)), (100, (5, 20, 50, 100)), (101, (5, 20, 50, 100, 101))],
)
def test_given_bounds_reach_just_the_longest_text(longest: int, bounds: tuple[int, ...]) -> None:
    assert given_bounds(np.array([1, longest]), (50, 5, 100, 20)) == bounds


def test_a_text_of_just_a_bound_goes_into_its_bucket_and_one_longer_into_the_next() -> None:
    assert bucket_of(np.array([1, 5, 6, 20, 21]), (5, 20, 50)).tolist() == [0, 0, 1, 1, 2]


def test_a_text_beyond_the_last_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="51 tokens is beyond the bounds"):
        bucket_of(np.array([3, 51]), (5, 50))


def test_waste_is_the_share_of_padded_entries() -> None:
    lengths = np.array([2, 3, 10])
    assert waste_of_bounds(lengths, (10,)) == 1 - 15 / 30
    assert waste_of_bounds(lengths, (3, 10)) == 1 - 15 / 16
    assert waste_of_bounds(lengths, exact_bounds(lengths)) == 0.0
    assert waste_of_bounds(np.zeros(0, np.int32), ()) == 0.0


@pytest.mark.parametrize(
    ("layout", "method", "bounds"),
    [
        ("padding", "optimal", (9,)),
        ("exact", "optimal", (1, 4, 5, 9)),
        ("bucketing", "optimal", (5, 9)),
        ("bucketing", "quantile", (4, 9)),
        ("bucketing", (4, 20, 30), (4, 20)),
    ],
)
def test_each_layout_has_its_bounds(layout: str, method: str | tuple[int, ...], bounds: tuple[int, ...]) -> None:
    lengths = np.array([1, 1, 4, 5, 5, 9])
    assert bounds_for(lengths, layout, method, 2) == bounds
    assert bounds_for(lengths[:0], layout, method, 2) == ()


@pytest.mark.parametrize(
    ("layout", "method", "train", "bounds"),
    [
        ("padding", "optimal", (9,), (9, 40)),
        ("bucketing", "optimal", (4, 9), (4, 9, 12, 40)),
        ("bucketing", "quantile", (4, 9), (4, 9, 11, 40)),
        ("bucketing", (4, 20, 30), (4, 20), (4, 20, 30, 40)),
        ("exact", "optimal", (4, 9), (2, 10, 11, 12, 40)),
    ],
)
def test_texts_longer_than_any_of_train_get_further_buckets(
    layout: str, method: str | tuple[int, ...], train: tuple[int, ...], bounds: tuple[int, ...]
) -> None:
    assert extended_bounds(train, np.array([2, 10, 11, 11, 12, 40]), layout, method, 2) == bounds


def test_a_split_within_the_training_bounds_keeps_them() -> None:
    assert extended_bounds((4, 9), np.array([1, 9]), "bucketing", "optimal", 2) == (4, 9)
    assert extended_bounds((4, 9), np.zeros(0, np.int32), "bucketing", "optimal", 2) == (4, 9)
