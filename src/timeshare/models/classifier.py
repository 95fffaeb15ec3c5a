"""embed -> encode -> one state of each sentence -> logits; built from the settings of one model."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from timeshare.models.baselines import BagOfWords, Convolution, FeedForward, MeanEmbedding
from timeshare.models.embedding import TimeInput, WordEmbedding
from timeshare.models.encoder import Encoder, RecurrentEncoder
from timeshare.models.readout import build_readout
from timeshare.models.settings import (
    AnyModel,
    BagOfWordsSettings,
    ConvolutionSettings,
    FeedForwardSettings,
    RecurrentSettings,
    find_scheme,
)
from timeshare.nn.cells import load_cell
from timeshare.nn.choices import Beyond, check_choice
from timeshare.nn.initial import linear
from timeshare.nn.padding import check_lengths, shift_to_end, shift_to_start
from timeshare.nn.recurrent import TimeRecurrent
from timeshare.nn.schemes.shared import Shared
from timeshare.nn.schemes.sharing import Sharing
from timeshare.nn.schemes.unshared import Unshared

PADDING_ID = 0


class SequenceClassifier(nn.Module):
    """A text classifier: an encoder, and a linear layer that reads the classes off its state.

    Args:
        encoder: tokens int64 [B, T], right-padded, and lengths int64 [B], to a state float [B, S].
        read_out: the state to logits [B, C].
        next_token: a state to logits over the vocabulary, [.., V]; None: not asked for.
        dropout: share of the state dropped in training, before it is read.
        mask: whether sentences end at their own length; false: where the padding ends, which is then text, too.
        padding: the side on which token rows come padded.
    """

    def __init__(
        self,
        encoder: Encoder,
        read_out: nn.Module,
        next_token: nn.Module | None = None,
        *,
        dropout: float = 0.0,
        mask: bool = True,
        padding: Literal["right", "left"] = "right",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.read_out = read_out
        self.next_token = next_token
        self.dropout = dropout
        self.mask = mask
        self.padding = padding

    @property
    def extent(self) -> int | None:
        """Steps that have weights of their own; None where there is no such limit."""
        return next((scheme.extent for scheme in self.encoder.schemes()), None)

    @property
    def beyond(self) -> Beyond | None:
        """The rule for steps beyond the extent: a choice of the evaluation, not of the training; None: no extent."""
        return None if self.extent is None else self.encoder.schemes()[0].beyond

    @beyond.setter
    def beyond(self, rule: Beyond) -> None:
        if self.extent is None:
            raise ValueError("this model has weights for every step: there is nothing beyond its extent")
        check_choice("beyond", rule, get_args(Beyond))
        for scheme in self.encoder.schemes():
            scheme.beyond = rule

    @property
    def truncate(self) -> int | None:
        """Window of truncated back-propagation through time, in steps; None: gradients pass through all of time."""
        return self.encoder.recurrent.truncate if isinstance(self.encoder, RecurrentEncoder) else None

    @truncate.setter
    def truncate(self, steps: int | None) -> None:
        if not isinstance(self.encoder, RecurrentEncoder):
            raise ValueError("only recurrent models have gradients through time to truncate")
        self.encoder.recurrent.truncate = steps

    def load_vectors(self, vectors: Tensor, frozen: bool) -> None:
        """Take word vectors [V, E] trained elsewhere; `frozen` ones do not learn.

        Raises:
            ValueError: the model has no word vectors, or not of this shape.
        """
        self.encoder.load_vectors(vectors, frozen)

    def similarity(self, num_steps: int | None = None) -> Tensor:
        """How alike the last layer's weights of each two steps are: the cosine between them, float [T, T].

        Raises:
            ValueError: there are no weights of a step, or num_steps is missing where there is no extent.
        """
        if not isinstance(self.encoder, RecurrentEncoder):
            raise ValueError("only recurrent models have weights of a step to compare")
        recurrent = self.encoder.recurrent
        return recurrent.similarity(num_steps, layer=len(recurrent.layers) - recurrent.num_directions)

    def encode(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The state that the read-out reads, float [B, S]."""
        state: Tensor = self.encoder(*self._aligned(tokens, lengths))
        return state

    def states(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The state after each token, float [B, T, S], in the places of the tokens; zero on padding.

        Raises:
            ValueError: the model is not recurrent.
        """
        return self._states(tokens, lengths)[0]

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Classify padded sentences.

        Args:
            tokens: int64 [B, T].
            lengths: int64 [B], each in 1 .. T.

        Returns:
            Logits, float [B, C].

        Raises:
            ValueError: a length is out of range, or a sentence is longer than the extent and `beyond` is 'error'.
        """
        return self._read(self.read_out, self.encode(tokens, lengths))

    def with_token_logits(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of `forward`, and those of the token after each token, float [B, T, V], in the tokens' places.

        Raises:
            ValueError: the model was built without `next_token`.
        """
        if self.next_token is None:
            raise ValueError("this model does not predict tokens: build it with next_token=True")
        states, state = self._states(tokens, lengths)
        return self._read(self.read_out, state), self._read(self.next_token, states)

    def _states(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The state after each token, in the places of the tokens, and the one that the read-out reads."""
        if not isinstance(self.encoder, RecurrentEncoder):
            raise ValueError("only recurrent models have a state after each token")
        states, state = self.encoder.states(*self._aligned(tokens, lengths))
        return (shift_to_end(states, lengths) if self.mask and self.padding == "left" else states), state

    def _read(self, head: nn.Module, states: Tensor) -> Tensor:
        logits: Tensor = head(nn.functional.dropout(states, self.dropout, self.training))
        return logits

    def _aligned(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        check_lengths(lengths, *tokens.shape)
        if not self.mask:
            return tokens, torch.full_like(lengths, tokens.shape[1])
        return (shift_to_start(tokens, lengths) if self.padding == "left" else tokens), lengths


class ClassOffsets(nn.Module):
    """An offset for each class: the read-out of a state that is evidence for the classes already."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, evidence: Tensor) -> Tensor:
        return evidence + self.bias


def training_extent(settings: AnyModel, extent: int) -> int:
    """Steps that have weights: those the settings name, else the longest training text's times `extent_factor`."""
    if isinstance(settings, BagOfWordsSettings):
        return extent
    if settings.extent is not None:
        return settings.extent
    factor = settings.extent_factor if isinstance(settings, RecurrentSettings) else 1.0
    return math.ceil(extent * factor)


def build_classifier(
    settings: AnyModel,
    *,
    vocabulary_size: int,
    num_classes: int,
    extent: int,
    padding: Literal["right", "left"] = "right",
    next_token: bool = False,
    generator: torch.Generator | None = None,
) -> SequenceClassifier:
    """Build the model that the settings describe.

    Args:
        settings: an entry of the catalogue of models.
        vocabulary_size: V, with padding (0) and unknown (1).
        num_classes: C.
        extent: length of the longest training text, steps; of use where the settings name no extent.
        padding: the side on which token rows will come padded.
        next_token: also predict the token after each token.
        generator: all initial weights come from it; None: from torch's own.

    Raises:
        ValueError: the settings do not fit together, or next_token is asked of a model that is not recurrent or that
            reads the sentence from both ends (it would see the token that it is to predict).
    """
    if next_token and (not isinstance(settings, RecurrentSettings) or settings.bidirectional):
        raise ValueError("next_token needs a recurrent model that reads in one direction")
    sizes = _Sizes(vocabulary_size, num_classes, training_extent(settings, extent))
    encoder = _ENCODERS[type(settings)](settings, sizes, generator)
    reads_evidence = isinstance(encoder, BagOfWords)
    return SequenceClassifier(
        encoder,
        ClassOffsets(num_classes) if reads_evidence else linear(encoder.state_size, num_classes, generator),
        linear(encoder.state_size, vocabulary_size, generator) if next_token else None,
        dropout=0.0 if reads_evidence else settings.dropout,
        mask=settings.mask,
        padding=padding,
    )


class _Sizes(NamedTuple):
    vocabulary: int
    classes: int
    extent: int


_Generator = torch.Generator | None


def _embedding(settings: AnyModel, sizes: _Sizes, generator: _Generator) -> WordEmbedding:
    padding_id = PADDING_ID if settings.mask else None
    return WordEmbedding(
        sizes.vocabulary,
        settings.embedding_size,
        settings.embedding_dropout,
        padding_id,
        settings.embedding_bound,
        generator,
    )


def sharing_of(settings: RecurrentSettings, extent: int) -> Sharing:
    """The scheme of a recurrent model whose weights have so many steps.

    Raises:
        ValueError: it cannot be built under these options.
    """
    return find_scheme(settings.sharing).build({**settings.scheme_options(), "extent": extent})


def _recurrent(settings: RecurrentSettings, sizes: _Sizes, generator: _Generator) -> Encoder:
    embedding = _embedding(settings, sizes, generator)
    time_input = TimeInput(settings.time_input, scale=sizes.extent)
    recurrent = TimeRecurrent(
        settings.embedding_size + time_input.size,
        settings.hidden_size,
        settings.num_layers,
        cell=load_cell(settings.encoder),
        sharing=sharing_of(settings, sizes.extent),
        align=settings.align,
        start=settings.start,
        recurrent_init=settings.recurrent_init,
        forget_bias=settings.forget_bias,
        layer_norm=settings.layer_norm,
        dropout=settings.dropout,
        bidirectional=settings.bidirectional,
        generator=generator,
    )
    readout = build_readout(settings.readout, settings.hidden_size * recurrent.num_directions, generator)
    return RecurrentEncoder(embedding, time_input, recurrent, readout)


def _bag_of_words(settings: BagOfWordsSettings, sizes: _Sizes, generator: _Generator) -> Encoder:
    if settings.pooling == "mean":
        return MeanEmbedding(_embedding(settings, sizes, generator))
    padding_id = PADDING_ID if settings.mask else None
    return BagOfWords(sizes.vocabulary, sizes.classes, settings.dropout, padding_id, generator)


def _feed_forward(settings: FeedForwardSettings, sizes: _Sizes, generator: _Generator) -> Encoder:
    embedding = _embedding(settings, sizes, generator)
    return FeedForward(embedding, settings.hidden_size, Unshared(sizes.extent), generator, settings.start)


def _convolution(settings: ConvolutionSettings, sizes: _Sizes, generator: _Generator) -> Encoder:
    embedding = _embedding(settings, sizes, generator)
    sharing = Shared() if settings.shared else Unshared(sizes.extent)
    return Convolution(embedding, settings.hidden_size, settings.kernel_sizes, sharing, generator, settings.start)


_ENCODERS: dict[type, Callable[..., Encoder]] = {
    RecurrentSettings: _recurrent,
    BagOfWordsSettings: _bag_of_words,
    FeedForwardSettings: _feed_forward,
    ConvolutionSettings: _convolution,
}
