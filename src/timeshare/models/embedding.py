"""Tokens to vectors, and time as an input beside them."""

import math

import torch
from torch import Tensor, nn

from timeshare.models.settings import TimeInputName

VECTOR_BOUND = 0.25


class WordEmbedding(nn.Module):
    """A table of word vectors, with dropout on what it gives.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        dropout: share of the vectors' numbers dropped in training.
        padding_id: a token whose vector is zero and stays so; None: every token has a vector that learns.
        bound: the initial vectors are from U(-bound, bound). A step of Adam is as long whatever a vector's length, so
            that long vectors stay what chance made them (docs/training.md).
        generator: the initial vectors come from it; None: from torch's own.

    Source: the bound 0.25, Kim 2014.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        dropout: float = 0.0,
        padding_id: int | None = 0,
        bound: float = VECTOR_BOUND,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.padding_id = padding_id
        self.dropout = dropout
        self.weight = nn.Parameter(torch.empty(vocabulary_size, embedding_size))
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)
        if padding_id is not None:
            with torch.no_grad():
                self.weight[padding_id] = 0

    def load(self, vectors: Tensor, frozen: bool) -> None:
        """Take word vectors [V, E] trained elsewhere; `frozen` ones do not learn.

        Raises:
            ValueError: the shape is not that of the table.
        """
        if vectors.shape != self.weight.shape:
            raise ValueError(f"vectors must be {tuple(self.weight.shape)}; they are {tuple(vectors.shape)}")
        with torch.no_grad():
            self.weight.copy_(vectors)
            if self.padding_id is not None:
                self.weight[self.padding_id] = 0
        self.weight.requires_grad_(not frozen)

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 [B, T] to float [B, T, E]."""
        embedded = nn.functional.embedding(tokens, self.weight, self.padding_id)
        return nn.functional.dropout(embedded, self.dropout, self.training)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}, padding_id={self.padding_id}"


class TimeInput(nn.Module):
    """The number of a step, put beside the embedded token: the control for weights that depend on time.

    - 'index': (t + 1) / scale, one number.
    - 'sincos': `size` numbers, sines and cosines of t at wavelengths from 2 pi to 10000 * 2 pi steps, the positional
      encoding of Vaswani et al. 2017 (as time embedding of an LSTM: Oh et al., MLHC 2019).

    Args:
        name: 'none', 'index' or 'sincos'.
        scale: steps to one unit of 'index'.
        size: numbers of 'sincos', even.
    """

    def __init__(self, name: TimeInputName, scale: float, size: int = 16) -> None:
        super().__init__()
        if size % 2:
            raise ValueError(f"size of 'sincos' must be even; it is {size}")
        self.name = name
        self.scale = scale
        self.size = {"none": 0, "index": 1, "sincos": size}[name]

    def forward(self, embedded: Tensor) -> Tensor:
        """float [B, T, E] to [B, T, E + size]."""
        if self.size == 0:
            return embedded
        batch, num_steps, _ = embedded.shape
        time = torch.arange(num_steps, device=embedded.device, dtype=torch.float64).unsqueeze(1)
        if self.name == "index":
            features = (time + 1) / self.scale
        else:
            rates = torch.arange(0, self.size, 2, device=embedded.device) * (-math.log(10_000.0) / self.size)
            angles = time * rates.exp()
            features = torch.cat([angles.sin(), angles.cos()], dim=1)
        return torch.cat([embedded, features.to(embedded).expand(batch, -1, -1)], dim=2)

    def extra_repr(self) -> str:
        return f"{self.name!r}, scale={self.scale}, size={self.size}"
