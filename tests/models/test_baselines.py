"""The encoders without recurrence: what they are blind to, and what they compute."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.nn.layers import generator
from timeshare.models.baselines import BagOfWords, Convolution, FeedForward, MeanEmbedding
from timeshare.models.embedding import WordEmbedding
from timeshare.nn.schemes.shared import Shared
from timeshare.nn.schemes.unshared import Unshared

VOCABULARY = 20
LENGTHS = torch.tensor([4, 1, 6])
TOKENS = torch.tensor([[3, 5, 2, 9, 0, 0], [7, 0, 0, 0, 0, 0], [4, 4, 1, 8, 2, 11]])


def embedding() -> WordEmbedding:
    return WordEmbedding(VOCABULARY, 3, generator=generator())


ENCODERS = {
    "bag of words": lambda: BagOfWords(VOCABULARY, 3, generator=generator()),
    "mean": lambda: MeanEmbedding(embedding()),
    "feed-forward": lambda: FeedForward(embedding(), 5, Unshared(6), generator()),
    "convolution": lambda: Convolution(embedding(), 5, (3, 4), Shared(), generator()),
    "locally connected": lambda: Convolution(embedding(), 5, (2, 3), Unshared(6), generator()),
}


@given(words=st.lists(st.integers(1, 999), min_size=1, max_size=60), seed=st.integers(0, 2**31))
@pytest.mark.parametrize("kind", ["counts", "mean"])
def test_blind_to_order_bit_for_bit_and_to_the_amount_of_padding(kind: str, words: list[int], seed: int) -> None:
    source = generator(1)
    encoder = (
        BagOfWords(1000, 4, generator=source)
        if kind == "counts"
        else MeanEmbedding(WordEmbedding(1000, 8, generator=source))
    )
    order = torch.randperm(len(words), generator=generator(seed))
    row = torch.tensor(words)
    lengths = torch.tensor([len(words)])
    expected = encoder(row.unsqueeze(0), lengths)
    assert torch.equal(encoder(row[order].unsqueeze(0), lengths), expected)
    padded = nn.functional.pad(row[order], (0, 13)).expand(5, -1)
    assert torch.equal(encoder(padded, lengths.expand(5)), expected.expand(5, -1))


def test_order_alone_would_change_a_sum_that_is_not_sorted() -> None:
    """What the test above would miss if floating-point addition did not depend on order."""
    weights = WordEmbedding(1000, 8, generator=generator(1)).weight
    words = torch.randint(1, 1000, (60,), generator=generator(2))
    assert not torch.equal(weights[words].sum(0), weights[words.flip(0)].sum(0))


def test_a_bag_of_words_is_a_linear_model_of_counts() -> None:
    encoder = BagOfWords(VOCABULARY, 3, generator=generator())
    counts = torch.stack(
        [torch.bincount(row[:n], minlength=VOCABULARY) for row, n in zip(TOKENS, LENGTHS, strict=True)]
    )
    torch.testing.assert_close(encoder(TOKENS, LENGTHS), counts.float() @ encoder.weight)
    encoder(TOKENS, LENGTHS).sum().backward()
    torch.testing.assert_close(encoder.weight.grad[1:], counts.sum(0)[1:, None].expand(-1, 3).float())
    assert not encoder.weight.grad[0].any()


def test_a_bag_of_words_drops_words_in_training() -> None:
    encoder = BagOfWords(VOCABULARY, 1, dropout=0.5, generator=generator())
    with torch.no_grad():
        encoder.weight.fill_(1.0)
    evidence = encoder(TOKENS.repeat(400, 1), LENGTHS.repeat(400)).view(400, 3)
    assert set(evidence[:, 1].tolist()) == {0.0, 2.0}
    torch.testing.assert_close(evidence.mean(0), LENGTHS.float(), atol=0.6, rtol=0)
    assert encoder.eval()(TOKENS, LENGTHS).flatten().tolist() == LENGTHS.tolist()


def test_the_mean_is_over_real_words() -> None:
    encoder = MeanEmbedding(embedding())
    expected = [encoder.embedding.weight[row[:n]].mean(0) for row, n in zip(TOKENS, LENGTHS, strict=True)]
    torch.testing.assert_close(encoder(TOKENS, LENGTHS), torch.stack(expected))


def test_a_feed_forward_net_sums_what_each_position_makes_of_its_word() -> None:
    encoder = FeedForward(embedding(), 5, Unshared(4), generator())
    for rule, positions in (("hold", [0, 1, 2, 3, 3, 3]), ("cycle", [0, 1, 2, 3, 0, 1])):
        encoder.sharing.beyond = rule
        for row, length, found in zip(TOKENS, LENGTHS, encoder(TOKENS, LENGTHS), strict=True):
            total = encoder.bias
            for step in range(length):
                total = total + encoder.weight[positions[step]] @ encoder.embedding.weight[row[step]]
            torch.testing.assert_close(found, total.relu())


def test_kernels_of_several_widths_are_torchs_convolutions_side_by_side() -> None:
    """Texts below a width, too: one has a single word, and the widest window seven."""
    sizes = (1, 3, 4, 7)
    encoder = Convolution(embedding(), 5, sizes, Shared(), generator())
    twins = [nn.Conv1d(3, 5, size) for size in sizes]
    with torch.no_grad():
        for twin, size, weight, bias in zip(twins, sizes, encoder.weights, encoder.biases, strict=True):
            twin.weight.copy_(weight[0].view(5, size, 3).transpose(1, 2))
            twin.bias.copy_(bias[0])
    state = encoder(TOKENS, LENGTHS)
    words = [encoder.embedding.weight[row[:n]].t().unsqueeze(0) for row, n in zip(TOKENS, LENGTHS, strict=True)]
    expected = torch.stack([torch.cat([_centred(twin, one).relu().amax(2)[0] for twin in twins]) for one in words])
    torch.testing.assert_close(state, expected)
    arriving = torch.randn(state.shape, generator=generator(1))
    ours = torch.autograd.grad(state, [encoder.embedding.weight, *encoder.biases], arriving)
    theirs = torch.autograd.grad(expected, [encoder.embedding.weight, *(twin.bias for twin in twins)], arriving)
    # The padding's vector is no window's in ours, and no word of the texts in theirs.
    torch.testing.assert_close([ours[0], *(bias[0] for bias in ours[1:])], list(theirs))


def _centred(twin: nn.Conv1d, words: Tensor) -> Tensor:
    """Of windows centred on each of the words [1, E, T]; those of an even width have one more word after it."""
    size = twin.kernel_size[0]
    return twin(nn.functional.pad(words, ((size - 1) // 2, size // 2)))


@pytest.mark.parametrize("kind", ["feed-forward", "locally connected"])
def test_sets_of_positions_can_start_equal(kind: str) -> None:
    options = {"start": "equal", "generator": generator()}
    encoder = (
        FeedForward(embedding(), 5, Unshared(6), **options)
        if kind == "feed-forward"
        else Convolution(embedding(), 5, (2, 3), Unshared(6), **options)
    )
    for equal, independent in zip(_position_sets(encoder), _position_sets(ENCODERS[kind]()), strict=True):
        assert torch.equal(equal, equal[:1].expand_as(equal))
        assert not torch.equal(independent[0], independent[1])


def _position_sets(encoder: FeedForward | Convolution) -> list[Tensor]:
    return [encoder.weight] if isinstance(encoder, FeedForward) else [*encoder.weights, *encoder.biases]


def test_equal_kernels_at_each_position_are_one_kernel() -> None:
    shared = Convolution(embedding(), 5, (2, 4), Shared(), generator())
    local = Convolution(embedding(), 5, (2, 4), Unshared(3), generator())
    with torch.no_grad():
        for mine, theirs in zip(_position_sets(local), _position_sets(shared), strict=True):
            mine.copy_(theirs.expand_as(mine))
    torch.testing.assert_close(local(TOKENS, LENGTHS), shared(TOKENS, LENGTHS))
    with torch.no_grad():
        local.weights[1][1] += 1
    assert not torch.allclose(local(TOKENS, LENGTHS), shared(TOKENS, LENGTHS))


@pytest.mark.parametrize("name", ENCODERS)
def test_padding_reaches_neither_states_nor_gradients(name: str) -> None:
    encoder = ENCODERS[name]()
    outcomes: list[list[Tensor]] = []
    for tokens in (TOKENS, nn.functional.pad(TOKENS, (0, 5))):
        encoder.zero_grad()
        state = encoder(tokens, LENGTHS)
        state.square().sum().backward()
        outcomes.append([state, *(parameter.grad for parameter in encoder.parameters())])
    torch.testing.assert_close(outcomes[0], outcomes[1])
    assert outcomes[0][0].shape == (3, encoder.state_size)
    assert all(gradient.any() for gradient in outcomes[0][1:])
