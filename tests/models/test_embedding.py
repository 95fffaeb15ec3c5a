"""Word vectors, and time beside them."""

import math

import pytest
import torch

from tests.nn.layers import generator
from timeshare.models.embedding import TimeInput, WordEmbedding


def test_padding_has_a_zero_vector_that_never_learns() -> None:
    embedding = WordEmbedding(4, 3, generator=generator())
    tokens = torch.tensor([[1, 0]])
    assert not embedding(tokens)[0, 1].any()
    embedding(tokens).sum().backward()
    assert embedding.weight.grad.tolist() == [[0] * 3, [1] * 3, [0] * 3, [0] * 3]


def test_vectors_start_uniform_within_the_bound() -> None:
    weight = WordEmbedding(2000, 8, bound=0.5, generator=generator()).weight[1:]
    assert weight.abs().max() <= 0.5
    for edge in (-0.25, 0, 0.25):
        assert (weight < edge).double().mean() == pytest.approx(0.5 + edge, abs=0.02)


def test_without_a_padding_token_every_vector_learns() -> None:
    embedding = WordEmbedding(4, 3, padding_id=None, generator=generator())
    embedding(torch.tensor([[1, 0]])).sum().backward()
    assert embedding.weight[0].detach().any()
    assert embedding.weight.grad[0].any()


def test_vectors_trained_elsewhere_are_taken_and_frozen_on_demand() -> None:
    embedding = WordEmbedding(4, 3, generator=generator())
    vectors = torch.arange(12.0).view(4, 3) + 1
    embedding.load(vectors, frozen=True)
    assert embedding(torch.tensor([[2, 0]])).tolist() == [[[7, 8, 9], [0, 0, 0]]]
    assert not embedding.weight.requires_grad
    embedding.load(vectors, frozen=False)
    assert embedding.weight.requires_grad
    with pytest.raises(ValueError, match=r"vectors must be \(4, 3\); they are \(4, 2\)"):
        embedding.load(vectors[:, :2], frozen=False)


def test_dropout_is_for_training() -> None:
    embedding = WordEmbedding(4, 100, dropout=0.5, generator=generator())
    tokens = torch.tensor([[1]])
    dropped = (embedding(tokens) == 0).double().mean()
    assert 0.3 < dropped < 0.7
    assert torch.equal(embedding.eval()(tokens)[0, 0], embedding.weight[1])


def test_the_index_is_a_share_of_the_scale() -> None:
    beside = TimeInput("index", scale=4)(torch.ones(2, 3, 1))
    assert beside.tolist() == [[[1, 0.25], [1, 0.5], [1, 0.75]]] * 2


def test_sines_and_cosines_have_geometric_wavelengths() -> None:
    beside = TimeInput("sincos", scale=1, size=4)(torch.zeros(1, 3, 2, dtype=torch.float64))
    expected = [0, 0, math.sin(2), math.sin(2 / 100), math.cos(2), math.cos(2 / 100)]
    torch.testing.assert_close(beside[0, 2], torch.tensor(expected, dtype=torch.float64))


def test_no_time_input_adds_nothing_and_odd_sizes_are_refused() -> None:
    embedded = torch.ones(1, 2, 3)
    assert TimeInput("none", scale=1)(embedded) is embedded
    with pytest.raises(ValueError, match="size of 'sincos' must be even; it is 5"):
        TimeInput("sincos", scale=1, size=5)
