"""Encoders without recurrence: blind to order, with weights for each position, and convolutions.

The controls: what order, position and recurrence add has to show beside them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from timeshare.models.embedding import WordEmbedding
from timeshare.models.encoder import EmbeddingEncoder, Encoder
from timeshare.nn.choices import Start
from timeshare.nn.initial import draw_uniform
from timeshare.nn.padding import length_mask
from timeshare.nn.schemes.sharing import Sharing


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
        draw_uniform((self.weight,), vocabulary_size, generator)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The evidence for each class, float [B, C]."""
        kept = None
        if self.training and self.dropout:
            kept = nn.functional.dropout(torch.ones_like(tokens, dtype=self.weight.dtype), self.dropout)
        return _sum_over_words(tokens, self.weight, self.padding_id, kept)


class MeanEmbedding(EmbeddingEncoder):
    """The mean of a text's word vectors; blind to order bit for bit, as BagOfWords."""

    def __init__(self, embedding: WordEmbedding) -> None:
        super().__init__(embedding.weight.shape[1], embedding)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The mean vector, float [B, E]."""
        total = _sum_over_words(tokens, self.embedding.weight, self.embedding.padding_id)
        mean = total / lengths.unsqueeze(1)
        return nn.functional.dropout(mean, self.embedding.dropout, self.training)


def _sum_over_words(tokens: Tensor, weight: Tensor, padding_id: int | None, shares: Tensor | None = None) -> Tensor:
    """The sum of the words' rows of `weight`, in an order that is the words' own; shares [B, T] multiply them."""
    words = tokens.sort(dim=1).values
    return nn.functional.embedding_bag(words, weight, mode="sum", per_sample_weights=shares, padding_idx=padding_id)


class _PositionEncoder(EmbeddingEncoder):
    """An encoder whose weights are sets, of which each position uses one.

    Args:
        embedding: of the words.
        hidden_size: H.
        sharing: the set that each position uses.
    """

    def __init__(self, embedding: WordEmbedding, hidden_size: int, sharing: Sharing) -> None:
        super().__init__(hidden_size, embedding)
        self.sharing = sharing

    def schemes(self) -> Sequence[Sharing]:
        return (self.sharing,)

    def _at_positions(self, stack: Tensor, num_steps: int) -> Tensor:
        """The weights of positions 0 .. T - 1: [K, ...] to [T, ...]."""
        picks = torch.tensor(self.sharing.picks(self.sharing.step_numbers(num_steps)), device=stack.device)
        return stack.index_select(0, picks)


class FeedForward(_PositionEncoder):
    """relu(sum_t U_t x_t + b): one hidden layer with weights of its own for each position.

    Args:
        embedding, hidden_size, sharing: as of Convolution.
        generator: the initial weights come from it; None: from torch's own.
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
        super().__init__(embedding, hidden_size, sharing)
        embedding_size = embedding.weight.shape[1]
        self.weight = nn.Parameter(torch.empty(sharing.num_sets, hidden_size, embedding_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        fan_in = sharing.num_sets * embedding_size
        sharing.draw_sets(self.weight, fan_in, start, generator)
        draw_uniform((self.bias,), fan_in, generator)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The hidden layer, float [B, H]."""
        embedded = self.embed_own(tokens, lengths)
        weight = self._at_positions(self.weight, tokens.shape[1])
        return torch.relu(torch.einsum("bte,the->bh", embedded, weight) + self.bias)


class Convolution(_PositionEncoder):
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
        super().__init__(embedding, hidden_size, sharing)
        self.kernel_size = kernel_size
        fan_in = kernel_size * embedding.weight.shape[1]
        self.weight = nn.Parameter(torch.empty(sharing.num_sets, hidden_size, fan_in))
        self.bias = nn.Parameter(torch.empty(sharing.num_sets, hidden_size))
        sharing.draw_sets(self.weight, fan_in, start, generator)
        sharing.draw_sets(self.bias, fan_in, start, generator)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The largest activation of each feature over the text's positions, float [B, H]."""
        embedded = self.embed_own(tokens, lengths)
        before = (self.kernel_size - 1) // 2
        padded = nn.functional.pad(embedded, (0, 0, before, self.kernel_size - 1 - before))
        windows = padded.unfold(1, self.kernel_size, 1).transpose(2, 3).flatten(2)  # [B, T, kernel * E]
        if self.sharing.num_sets == 1:
            sums = windows @ self.weight[0].t() + self.bias[0]
        else:
            weight = self._at_positions(self.weight, tokens.shape[1])
            bias = self._at_positions(self.bias, tokens.shape[1])
            sums = torch.einsum("btw,thw->bth", windows, weight) + bias
        # relu is at least 0, so that 0 outside the text never wins.
        outside = ~length_mask(lengths, tokens.shape[1]).unsqueeze(2)
        return torch.relu(sums).masked_fill(outside, 0).amax(dim=1)
