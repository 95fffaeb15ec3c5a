"""Batches joined into one hold what each held, and nothing else but padding."""

import pytest
import torch

from timeshare.core.batch import Batch, join_batches


def batch_of(tokens: list[list[int]], lengths: list[int], first_row: int) -> Batch:
    count = len(tokens)
    return Batch(
        tokens=torch.tensor(tokens),
        lengths=torch.tensor(lengths),
        labels=torch.arange(count),
        rows=torch.arange(first_row, first_row + count),
        real=torch.tensor([True] * (count - 1) + [False]),
        total=count - 1,
    )


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("right", [[5, 6, 0, 0], [7, 0, 0, 0], [1, 2, 3, 4], [8, 9, 9, 0]]),
        ("left", [[0, 0, 5, 6], [0, 0, 7, 0], [1, 2, 3, 4], [8, 9, 9, 0]]),
    ],
)
def test_a_narrow_batch_is_padded_to_the_wide_one_on_its_side(side: str, expected: list[list[int]]) -> None:
    narrow = batch_of([[5, 6], [7, 0]], [2, 1], first_row=10)
    wide = batch_of([[1, 2, 3, 4], [8, 9, 9, 0]], [4, 3], first_row=20)
    joined = join_batches([narrow, wide], side)  # type: ignore[arg-type] # one of the two
    assert joined.tokens.tolist() == expected
    assert joined.lengths.tolist() == [2, 1, 4, 3]
    assert joined.labels.tolist() == [0, 1, 0, 1]
    assert joined.rows.tolist() == [10, 11, 20, 21]
    assert joined.real.tolist() == [True, False, True, False]
    assert joined.total == 2
