from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeshare.core.prepared.loader import BatchLoader
from timeshare.core.prepared.plan import BatchIndex
from timeshare.core.prepared.store import Bucket, Split

SHAPES = st.lists(st.tuples(st.integers(1, 23), st.integers(1, 9)), min_size=1, max_size=5)
POOLS = st.sampled_from([1, 2, 5])
LIMITS = st.sampled_from([(1, None), (4, None), (7, None), (None, 1), (None, 12), (None, 40), (5, 20)])


def loader_of(shapes: Sequence[tuple[int, int]], **settings: object) -> BatchLoader:
    """A loader of buckets given as (rows, padded length), whose texts have from 1 token up to that length."""
    return loader_of_lengths([1 + np.arange(rows) % length for rows, length in shapes], shapes, **settings)


def loader_of_lengths(
    lengths: Sequence[np.ndarray], shapes: Sequence[tuple[int, int]], **settings: object
) -> BatchLoader:
    buckets = tuple(
        Bucket(np.ones(shape, np.uint8), own, np.zeros(len(own), np.int32), np.arange(len(own)))
        for own, shape in zip(lengths, shapes, strict=True)
    )
    return BatchLoader(Split(Path(), "train", buckets, "right", vocabulary_size=2), **settings)


def ranks(shapes: Sequence[tuple[int, int]], world_size: int, **settings: object) -> list[list[BatchIndex]]:
    """What every process gets in one epoch."""
    return [
        list(loader_of(shapes, rank=rank, world_size=world_size, **settings).shares()) for rank in range(world_size)
    ]


def members(epoch: list[BatchIndex]) -> list[tuple[int, list[int]]]:
    return [(index.bucket, index.rows.tolist()) for index in epoch]


@given(shapes=SHAPES, limits=LIMITS, pool=POOLS, world_size=st.integers(1, 4), shuffle=st.booleans())
def test_every_example_comes_once_an_epoch_over_all_processes(
    shapes: list[tuple[int, int]], limits: tuple[int | None, int | None], pool: int, world_size: int, shuffle: bool
) -> None:
    settings = {"batch_size": limits[0], "tokens_per_batch": limits[1], "pool": pool, "shuffle": shuffle, "seed": 3}
    shares = ranks(shapes, world_size, **settings)
    seen = [(index.bucket, row) for share in shares for index in share for row in index.rows[index.real].tolist()]
    assert sorted(seen) == [(bucket, row) for bucket, (rows, _) in enumerate(shapes) for row in range(rows)]
    assert {len(share) for share in shares} == {len(loader_of(shapes, **settings))}
    for step in zip(*shares, strict=True):
        assert len({index.bucket for index in step}) == 1
        assert len({(len(index.rows), index.length) for index in step}) == 1
        assert {index.total for index in step} == {sum(int(index.real.sum()) for index in step)}
        assert all(index.rows.max() < shapes[index.bucket][0] for index in step)


@given(shapes=SHAPES, limits=LIMITS, pool=POOLS, world_size=st.integers(2, 4))
def test_several_processes_take_the_same_steps_as_one(
    shapes: list[tuple[int, int]], limits: tuple[int | None, int | None], pool: int, world_size: int
) -> None:
    settings = {"batch_size": limits[0], "tokens_per_batch": limits[1], "pool": pool, "seed": 5}
    alone = ranks(shapes, 1, **settings)[0]
    assert all(index.real.all() for index in alone)
    for index, *step in zip(alone, *ranks(shapes, world_size, **settings), strict=True):
        assert sorted(row for share in step for row in share.rows[share.real].tolist()) == sorted(index.rows.tolist())
        assert all(share.total == index.total == len(index.rows) for share in step)


def test_a_step_with_fewer_rows_than_processes_is_filled_up_with_rows_that_do_not_count() -> None:
    first, second, third = (share[-1] for share in ranks([(9, 5)], 3, batch_size=8, shuffle=False))
    assert (first.rows.tolist(), first.real.tolist(), first.total) == ([8], [True], 1)
    assert (second.rows.tolist(), second.real.tolist(), second.total) == ([8], [False], 1)
    assert (third.rows.tolist(), third.real.tolist(), third.total) == ([8], [False], 1)


def test_the_remainder_of_each_bucket_is_kept() -> None:
    epoch = list(loader_of([(10, 3), (4, 7)], batch_size=4, shuffle=False).shares())
    assert members(epoch) == [(0, [0, 1, 2, 3]), (0, [4, 5, 6, 7]), (0, [8, 9]), (1, [0, 1, 2, 3])]


@pytest.mark.parametrize(
    ("tokens_per_batch", "size"), [(30, 5), (35, 5), (36, 6), (29, 4), (6, 1), (5, 1), (1, 1), (60, 10), (600, 10)]
)
def test_a_token_budget_counts_entries_and_lets_a_longer_row_stand_alone(tokens_per_batch: int, size: int) -> None:
    loader = loader_of([(10, 6)], tokens_per_batch=tokens_per_batch, shuffle=False)
    assert len(next(loader.shares()).rows) == size
    assert len(loader) == -(-10 // size)


def test_both_limits_hold_at_once() -> None:
    loader = loader_of([(100, 2), (100, 50)], batch_size=16, tokens_per_batch=100)
    assert loader.sizes == (16, 2)


@pytest.mark.parametrize("pool", [2, 4])
def test_a_pool_is_sorted_and_its_batches_cut_to_their_longest_text(pool: int) -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 70)
    plain = list(loader_of_lengths([lengths], [(70, 60)], batch_size=8, shuffle=False).shares())
    pooled = list(loader_of_lengths([lengths], [(70, 60)], batch_size=8, shuffle=False, pool=pool).shares())
    for first in range(0, len(plain), pool):
        members_before = np.concatenate([index.rows for index in plain[first : first + pool]])
        rows = np.concatenate([index.rows for index in pooled[first : first + pool]])
        assert sorted(rows) == sorted(members_before)
        assert lengths[rows].tolist() == sorted(lengths[members_before])
    assert [index.length for index in pooled] == [lengths[index.rows].max() for index in pooled]
    assert {index.length for index in plain} == {60}


def test_the_order_is_of_the_seed_and_the_epoch() -> None:
    def order(seed: int, epoch: int) -> list[tuple[int, list[int]]]:
        loader = loader_of([(30, 3), (30, 7)], batch_size=4, seed=seed)
        loader.set_epoch(epoch)
        return members(list(loader.shares()))

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)


def test_rows_and_steps_are_both_shuffled() -> None:
    epoch = list(loader_of([(64, 3), (64, 7)], batch_size=4, seed=1).shares())
    buckets = [index.bucket for index in epoch]
    assert buckets != sorted(buckets)
    assert all(np.ptp(index.rows) > 3 for index in epoch if index.bucket == 0)


def test_the_epoch_may_be_set_after_iteration_began() -> None:
    early, late = (loader_of([(30, 3)], batch_size=4) for _ in range(2))
    early.set_epoch(1)
    iterator = late.shares()
    late.set_epoch(1)
    assert members(list(iterator)) == members(list(early.shares()))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        *(
            (limits, "give one, at least 1")
            for limits in ({}, {"batch_size": 0}, {"batch_size": 4, "tokens_per_batch": 0})
        ),
        ({"batch_size": 1, "pool": 0}, "pool 0: give at least 1"),
        ({"batch_size": 1, "rank": 2, "world_size": 2}, "rank 2 is not one of 2 processes"),
    ],
)
def test_settings_that_make_no_batches_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loader_of([(4, 4)], **settings)
