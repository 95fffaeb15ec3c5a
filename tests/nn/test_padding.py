"""Masks, and moving sentences about in their padded rows."""

import pytest
import torch

from timeshare.nn.padding import check_lengths, length_mask, reverse_padded, shift_to_end, shift_to_start

ROWS = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 7, 8]])
LENGTHS = torch.tensor([3, 1, 4])


def test_the_mask_is_true_on_real_tokens() -> None:
    assert torch.equal(length_mask(LENGTHS, 4), ROWS > 0)


def test_reversal_is_within_each_sentence_and_undoes_itself() -> None:
    assert reverse_padded(ROWS, LENGTHS).tolist() == [[3, 2, 1, 0], [4, 0, 0, 0], [8, 7, 6, 5]]
    assert torch.equal(reverse_padded(reverse_padded(ROWS, LENGTHS), LENGTHS), ROWS)


def test_shifts_move_padding_to_the_other_side_and_back() -> None:
    shifted = shift_to_end(ROWS, LENGTHS)
    assert shifted.tolist() == [[0, 1, 2, 3], [0, 0, 0, 4], [5, 6, 7, 8]]
    assert torch.equal(shift_to_start(shifted, LENGTHS), ROWS)


def test_features_move_with_their_step() -> None:
    features = torch.stack([ROWS, ROWS * 10], dim=2)
    assert torch.equal(shift_to_end(features, LENGTHS)[..., 1], shift_to_end(ROWS, LENGTHS) * 10)


@pytest.mark.parametrize(
    ("lengths", "batch_size", "num_steps", "message"),
    [
        (torch.tensor([], dtype=torch.int64), 0, 3, "the batch is empty: it has 0 sequences"),
        (torch.tensor([1]), 1, 0, "its sequences have 0 steps"),
        (torch.tensor([2, 0]), 2, 3, r"lengths\[1\] is 0; each must be in 1 \.\. 3"),
        (torch.tensor([4, 1]), 2, 3, r"lengths\[0\] is 4; each must be in 1 \.\. 3"),
        (torch.tensor([1, 1]), 3, 3, r"lengths must be 3 whole numbers.*\(2,\)"),
        (torch.tensor([1.0]), 1, 3, "lengths must be 1 whole numbers.*float32"),
    ],
)
def test_impossible_lengths_are_refused(lengths: torch.Tensor, batch_size: int, num_steps: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_lengths(lengths, batch_size, num_steps)
