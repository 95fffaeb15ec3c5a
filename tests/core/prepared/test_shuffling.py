from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tests.core.prepared.test_sampler import sampler_of
from timeshare.core.prepared.sampler import BatchPlan
from timeshare.core.prepared.shuffling import epoch_figures, shuffle_quality


def shared_pairs(plan: BatchPlan) -> set[tuple[tuple[int, int], ...]]:
    batches = [plan.share(step) for step in range(len(plan))]
    members = [[(index.bucket, row) for row in index.rows.tolist()] for index in batches]
    return {pair for batch in members for pair in combinations(sorted(batch), 2)}


@given(
    shapes=st.lists(st.tuples(st.integers(1, 15), st.integers(1, 9)), min_size=1, max_size=3),
    size=st.integers(1, 6),
    seed=st.integers(0, 5),
)
def test_repeated_pairs_equal_a_count_of_all_pairs(shapes: list[tuple[int, int]], size: int, seed: int) -> None:
    sampler = sampler_of(shapes, batch_size=size, seed=seed)
    first, second = sampler.plan(0), sampler.plan(1)
    pairs = shared_pairs(first)
    expected = len(pairs & shared_pairs(second)) / len(pairs) if pairs else 0.0
    assert shuffle_quality(first, second).repeated_pairs == pytest.approx(expected)


def test_the_same_plan_again_repeats_everything() -> None:
    plan = sampler_of([(20, 3), (20, 8)], batch_size=4).plan(0)
    assert shuffle_quality(plan, plan).repeated_pairs == 1.0


def test_lengths_in_order_correlate_fully_and_shuffled_ones_hardly() -> None:
    shapes = [(8, length) for length in range(1, 200)]
    ordered = sampler_of(shapes, batch_size=8, shuffle=False).plan(0)
    assert shuffle_quality(ordered, ordered).length_correlation == pytest.approx(1.0)
    shuffled = sampler_of(shapes, batch_size=8).plan(0)
    assert abs(shuffle_quality(shuffled, shuffled).length_correlation) < 0.2


def test_length_correlation_is_spearman_of_neighbours() -> None:
    plan = sampler_of([(9, 2), (9, 5), (9, 7)], batch_size=2, seed=4).plan(0)
    lengths = plan.steps[:, 3]
    assert shuffle_quality(plan, plan).length_correlation == pytest.approx(spearmanr(lengths[:-1], lengths[1:])[0])


def test_where_nothing_can_repeat_or_correlate_both_are_zero() -> None:
    plan = sampler_of([(5, 3)], batch_size=1).plan(0)
    assert shuffle_quality(plan, plan) == (0.0, 0.0)


def test_the_figures_of_an_epoch_are_those_of_its_batches() -> None:
    # 5 texts of 1 to 3 tokens padded to 3 and 6 of 1 to 4 padded to 4; 1 2 3 1 2 and 1 2 3 4 1 2 tokens.
    sampler = sampler_of([(5, 3), (6, 4)], batch_size=2)
    figures = epoch_figures(sampler)
    quality = shuffle_quality(sampler.plan(0), sampler.plan(1))
    assert figures == {
        "steps": 6,
        "distinct_lengths": 2,
        "cells": 39,
        "tokens": 22,
        "padding_waste": 1 - 22 / 39,
        "length_correlation": quality.length_correlation,
        "repeated_pairs": quality.repeated_pairs,
    }
