"""The catalogue of models: one settings class for each encoder, chosen by `encoder:`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import Name, PositiveFloat, PositiveInt, Probability, Settings

Sharing = Literal["shared", "unshared", "periodic", "segments", "mixture", "basis", "hyper"]
Beyond = Literal["hold", "cycle", "error"]
SCHEMES_WITH_SETS = ("periodic", "segments", "mixture", "basis")


class ModelSettings(Settings):
    """What every classifier has, whatever its encoder.

    `match_parameters` names another model of the catalogue: the hidden size is then the one whose parameter count
    comes closest to that model's, and `hidden_size` is only where the search starts.
    """

    embedding_size: PositiveInt = 32
    embedding_dropout: Probability = 0.0
    dropout: Probability = Field(default=0.0, description="before the read-out, and between layers")
    mask: bool = Field(default=True, description="false: read the state after the padding, as a net without masks does")
    match_parameters: Name | None = None


class RecurrentSettings(ModelSettings):
    """An LSTM or a plain tanh RNN under one of the sharing schemes (nn.TimeLSTM, nn.TimeRNN)."""

    encoder: Literal["lstm", "rnn"]
    sharing: Sharing = "shared"
    hidden_size: PositiveInt = 64
    num_layers: PositiveInt = 1
    bidirectional: bool = False
    extent: PositiveInt | None = Field(default=None, description="steps with weights; null: the longest training text")
    extent_factor: PositiveFloat = Field(default=1.0, description="multiplies an extent taken from the data")
    beyond: Beyond = "hold"
    num_sets: PositiveInt | None = Field(
        default=None, description="K: the period, the segments, the mixed sets, the basis functions"
    )
    bounds: tuple[PositiveInt, ...] | None = Field(
        default=None, description="segments: the first step of each set but the first"
    )
    basis: Literal["fourier", "polynomial", "rbf", "constant"] = "fourier"
    scale: PositiveFloat | None = Field(default=None, description="basis: steps to one unit of time; null: the extent")
    align: Literal["start", "end"] = "start"
    layer_norm: bool = False
    time_input: Literal["none", "index", "sincos"] = "none"
    hyper_size: PositiveInt = 16
    hyper_embedding_size: PositiveInt = 8

    @model_validator(mode="after")
    def _sets_where_needed(self) -> Self:
        if self.bounds is not None and self.sharing != "segments":
            raise ValueError(f"bounds are for sharing 'segments', not '{self.sharing}'")
        if self.sharing in SCHEMES_WITH_SETS and self.num_sets is None and self.bounds is None:
            raise ValueError(f"sharing '{self.sharing}' needs num_sets")
        if self.sharing == "hyper" and self.encoder != "lstm":
            raise ValueError("sharing 'hyper' needs encoder 'lstm'")
        return self


class BagOfWordsSettings(ModelSettings):
    """A linear read-out of word counts ('counts') or of the mean word embedding ('mean'): blind to order."""

    encoder: Literal["bag_of_words"]
    pooling: Literal["counts", "mean"] = "counts"

    @model_validator(mode="after")
    def _nothing_to_match_with(self) -> Self:
        if self.match_parameters is not None:
            raise ValueError("encoder 'bag_of_words' has no hidden_size that match_parameters could choose")
        return self


class FeedForwardSettings(ModelSettings):
    """A feed-forward net with weights of its own for each position up to the extent."""

    encoder: Literal["feed_forward"]
    hidden_size: PositiveInt = 64
    extent: PositiveInt | None = None


class ConvolutionSettings(ModelSettings):
    """A one-dimensional convolution, its kernel shared over positions or one for each (locally connected)."""

    encoder: Literal["convolution"]
    hidden_size: PositiveInt = 64
    kernel_size: PositiveInt = 3
    shared: bool = True
    extent: PositiveInt | None = None


AnyModel = Annotated[
    RecurrentSettings | BagOfWordsSettings | FeedForwardSettings | ConvolutionSettings,
    Field(discriminator="encoder"),
]
