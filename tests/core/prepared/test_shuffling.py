from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tests.core.prepared.test_plan import loader_of
from timeshare.core.prepared.plan import BatchPlan
from timeshare.core.prepared.shuffling import epoch_figures, length_correlation, repeated_pairs


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
    loader = loader_of(shapes, batch_size=size, seed=seed)
    first, second = loader.plan(0), loader.plan(1)
    pairs = shared_pairs(first)
    expected = len(pairs & shared_pairs(second)) / len(pairs) if pairs else 0.0
    assert repeated_pairs(first, second) == pytest.approx(expected)


def test_the_same_plan_again_repeats_everything() -> None:
    plan = loader_of([(20, 3), (20, 8)], batch_size=4).plan(0)
    assert repeated_pairs(plan, plan) == 1.0


def test_lengths_in_order_correlate_fully_and_shuffled_ones_hardly() -> None:
    shapes = [(8, length) for length in range(1, 200)]
    ordered = loader_of(shapes, batch_size=8, shuffle=False).plan(0)
    assert length_correlation(ordered) == pytest.approx(1.0)
    shuffled = loader_of(shapes, batch_size=8).plan(0)
    assert abs(length_correlation(shuffled)) < 0.2


def test_length_correlation_is_spearman_of_neighbours() -> None:
    plan = loader_of([(9, 2), (9, 5), (9, 7)], batch_size=2, seed=4).plan(0)
    lengths = plan.steps[:, 3]
    assert length_correlation(plan) == pytest.approx(spearmanr(lengths[:-1], lengths[1:])[0])


def test_where_nothing_can_repeat_or_correlate_both_are_zero() -> None:
    plan = loader_of([(5, 3)], batch_size=1).plan(0)
    assert length_correlation(plan) == repeated_pairs(plan, plan) == 0.0


def test_the_figures_of_an_epoch_are_those_of_its_batches() -> None:
    # 5 texts of 1 to 3 tokens padded to 3 and 6 of 1 to 4 padded to 4; 1 2 3 1 2 and 1 2 3 4 1 2 tokens.
    loader = loader_of([(5, 3), (6, 4)], batch_size=2)
    figures = epoch_figures(loader)
    assert figures == {
        "steps": 6,
        "distinct_lengths": 2,
        "entries": 39,
        "tokens": 22,
        "padding_waste": 1 - 22 / 39,
        "length_correlation": length_correlation(loader.plan(0)),
        "repeated_pairs": repeated_pairs(loader.plan(0), loader.plan(1)),
    }
