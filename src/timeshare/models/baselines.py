"""Encoders without recurrence: blind to order, with weights for each position, and convolutions.

The controls: what order, position and recurrence add has to show beside them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from timeshare.models.embedding import WordEmbedding
from timeshare.models.encoder import EmbeddingEncoder, Encoder
from timeshare.nn.choices import Start
from timeshare.nn.graph import is_open
from timeshare.nn.initial import draw_uniform
from timeshare.nn.memory import DeviceConstants
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
        self.constants = DeviceConstants()

    def schemes(self) -> Sequence[Sharing]:
        return (self.sharing,)

    def _at_positions(self, stack: Tensor, num_steps: int) -> Tensor:
        """The weights of positions 0 .. T - 1: [K, ...] to [T, ...]."""
        if is_open(num_steps):
            return stack.index_select(0, self.sharing.at(self.sharing.open_numbers(num_steps)))
        picks = torch.tensor(self.sharing.picks(self.sharing.step_numbers(num_steps)))
        return stack.index_select(0, self.constants.on(stack.device, picks))


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
    """max over positions of relu(W_t [x_{t-r} .. x_{t+r}] + b_t), for windows of several widths side by side.

    With one set it is the text convolution of Kim 2014, with a set for each position a locally connected net. Windows
    are centred on their position and zero beyond the text, so that a text of any length, below a width too, has as many
    of them as words.

    Args:
        embedding: of the words.
        hidden_size: H, the features of each width.
        kernel_sizes: words in a window, one or more widths; the state has H numbers for each, in this order.
        sharing: the set that each position uses.
        generator: the initial weights come from it; None: torch's own.
        start: whether the sets begin independent of each other or equal.
    """

    def __init__(
        self,
        embedding: WordEmbedding,
        hidden_size: int,
        kernel_sizes: Sequence[int],
        sharing: Sharing,
        generator: torch.Generator | None = None,
        start: Start = "independent",
    ) -> None:
        super().__init__(embedding, hidden_size, sharing)
        self.state_size = hidden_size * len(kernel_sizes)
        self.kernel_sizes = tuple(kernel_sizes)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for size in kernel_sizes:
            fan_in = size * embedding.weight.shape[1]
            for parameters, shape in ((self.weights, (hidden_size, fan_in)), (self.biases, (hidden_size,))):
                parameter = nn.Parameter(torch.empty(sharing.num_sets, *shape))
                sharing.draw_sets(parameter, fan_in, start, generator)
                parameters.append(parameter)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The largest activation of each feature over the text's positions, float [B, widths * H]."""
        embedded = self.embed_own(tokens, lengths)
        # relu is at least 0, so that 0 outside the text never wins.
        outside = ~length_mask(lengths, tokens.shape[1]).unsqueeze(2)
        largest = [
            torch.relu(self._sums(embedded, *kernel)).masked_fill(outside, 0).amax(dim=1)
            for kernel in zip(self.kernel_sizes, self.weights, self.biases, strict=True)
        ]
        return torch.cat(largest, dim=1)

    def _sums(self, embedded: Tensor, size: int, weight: Tensor, bias: Tensor) -> Tensor:
        """W_t [the window at t] + b_t at each position, for windows of one width: [B, T, E] to [B, T, H]."""
        before = (size - 1) // 2
        padded = nn.functional.pad(embedded, (0, 0, before, size - 1 - before))
        windows = padded.unfold(1, size, 1).transpose(2, 3).flatten(2)  # [B, T, size * E]
        if self.sharing.num_sets == 1:
            return windows @ weight[0].t() + bias[0]
        weight, bias = (self._at_positions(stack, embedded.shape[1]) for stack in (weight, bias))
        return torch.einsum("btw,thw->bth", windows, weight) + bias
