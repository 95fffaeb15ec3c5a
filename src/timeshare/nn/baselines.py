"""Encoders without recurrence: blind to order, with weights for each position, and convolutions.

The controls: what order, position and recurrence add has to show beside them.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from timeshare.nn.embedding import WordEmbedding
from timeshare.nn.encoder import EmbeddingEncoder, Encoder
from timeshare.nn.padding import length_mask
from timeshare.nn.weights import Sharing, Start


class BagOfWords(Encoder):
    """A weight for each word and class, summed over the words of a text: what a linear model of word counts computes.

    Blind to order bit for bit: floating-point sums depend on their order, so words are sorted before they are summed.

    Args:
        vocabulary_size: V.
        num_classes: C.
        dropout: share of the words dropped in training.
        padding_id: not a word; None: padding counts as one.
        generator: the initial weights come from it, U(-1 / sqrt(V), 1 / sqrt(V)) as torch.nn.Linear; None: torch's.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_classes: int,
        dropout: float = 0.0,
        padding_id: int | None = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(num_classes)
        self.dropout = dropout
        self.padding_id = padding_id
        self.weight = nn.Parameter(torch.empty(vocabulary_size, num_classes))
        bound = 1 / math.sqrt(vocabulary_size)
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The evidence for each class, float [B, C]."""
        words = tokens.sort(dim=1).values
        kept = None
        if self.training and self.dropout:
            kept = nn.functional.dropout(torch.ones_like(words, dtype=self.weight.dtype), self.dropout)
        return nn.functional.embedding_bag(
            words, self.weight, mode="sum", per_sample_weights=kept, padding_idx=self.padding_id
        )


class MeanEmbedding(EmbeddingEncoder):
    """The mean of a text's word vectors; blind to order bit for bit, as BagOfWords."""

    def __init__(self, embedding: WordEmbedding) -> None:
        super().__init__(embedding.weight.shape[1], embedding)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The mean vector, float [B, E]."""
        total = nn.functional.embedding_bag(
            tokens.sort(dim=1).values, self.embedding.weight, mode="sum", padding_idx=self.embedding.padding_id
        )
        mean = total / lengths.unsqueeze(1)
        return nn.functional.dropout(mean, self.embedding.dropout, self.training)


class FeedForward(EmbeddingEncoder):
    """relu(sum_t U_t x_t + b): one hidden layer with weights of its own for each position.

    Args:
        embedding: of the words.
        hidden_size: H.
        sharing: the set that each position uses.
        generator: the initial weights come from it; None: torch's own.
        start: whether the sets begin independent of each other or equal.
    """

    def __init__(
        self,
        embedding: WordEmbedding,
        hidden_size: int,
        sharing: Sharing,
        generator: torch.Generator | None = None,
        start: Start = "independent",
    ) -> None:
        super().__init__(hidden_size, embedding)
        self.sharing = sharing
        embedding_size = embedding.weight.shape[1]
        self.weight = nn.Parameter(torch.empty(sharing.num_sets, hidden_size, embedding_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        bound = 1 / math.sqrt(sharing.num_sets * embedding_size)
        sharing.draw_sets(self.weight, bound, start, generator)
        nn.init.uniform_(self.bias, -bound, bound, generator=generator)

    def schemes(self) -> Sequence[Sharing]:
        return (self.sharing,)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The hidden layer, float [B, H]."""
        embedded = self.embed_own(tokens, lengths)
        weight = _weights_at_positions(self.weight, self.sharing, tokens.shape[1])
        return torch.relu(torch.einsum("bte,the->bh", embedded, weight) + self.bias)


class Convolution(EmbeddingEncoder):
    """max over positions of relu(W_t [x_{t-r} .. x_{t+r}] + b_t), the kernel shared over positions or one for each.

    With one set it is a text convolution (Kim 2014), with a set for each position a locally connected layer. Windows
    are centred on their position and zero beyond the text, so that any length has as many of them as words.

    Args:
        embedding: of the words.
        hidden_size: H, the features.
        kernel_size: words in a window.
        sharing: the set that each position uses.
        generator: the initial weights come from it; None: torch's own.
        start: whether the sets begin independent of each other or equal.
    """

    def __init__(
        self,
        embedding: WordEmbedding,
        hidden_size: int,
        kernel_size: int,
        sharing: Sharing,
        generator: torch.Generator | None = None,
        start: Start = "independent",
    ) -> None:
        super().__init__(hidden_size, embedding)
        self.sharing = sharing
        self.kernel_size = kernel_size
        fan_in = kernel_size * embedding.weight.shape[1]
        self.weight = nn.Parameter(torch.empty(sharing.num_sets, hidden_size, fan_in))
        self.bias = nn.Parameter(torch.empty(sharing.num_sets, hidden_size))
        bound = 1 / math.sqrt(fan_in)
        sharing.draw_sets(self.weight, bound, start, generator)
        sharing.draw_sets(self.bias, bound, start, generator)

    def schemes(self) -> Sequence[Sharing]:
        return (self.sharing,)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The largest activation of each feature over the text's positions, float [B, H]."""
        embedded = self.embed_own(tokens, lengths)
        before = (self.kernel_size - 1) // 2
        padded = nn.functional.pad(embedded, (0, 0, before, self.kernel_size - 1 - before))
        windows = padded.unfold(1, self.kernel_size, 1).transpose(2, 3).flatten(2)  # [B, T, kernel * E]
        if self.sharing.num_sets == 1:
            sums = windows @ self.weight[0].t() + self.bias[0]
        else:
            weight = _weights_at_positions(self.weight, self.sharing, tokens.shape[1])
            bias = _weights_at_positions(self.bias, self.sharing, tokens.shape[1])
            sums = torch.einsum("btw,thw->bth", windows, weight) + bias
        # relu is at least 0, so that 0 outside the text never wins.
        outside = ~length_mask(lengths, tokens.shape[1]).unsqueeze(2)
        return torch.relu(sums).masked_fill(outside, 0).amax(dim=1)


def _weights_at_positions(stack: Tensor, sharing: Sharing, num_steps: int) -> Tensor:
    """The weights of positions 0 .. T - 1: [K, ...] to [T, ...]."""
    picks = torch.tensor(sharing.picks(sharing.step_numbers(num_steps)), device=stack.device)
    return stack.index_select(0, picks)
