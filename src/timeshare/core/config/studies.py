"""The catalogue of studies: questions whose models are trained in a way of their own, chosen by `study:`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import (
    BatchSize,
    Count,
    Distinct,
    EmbeddingSize,
    GradientClip,
    HiddenSize,
    Name,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Settings,
)
from timeshare.core.config.datasets import FilesSettings, FormalSettings, SentencesSettings
from timeshare.models.settings import AnyModel

# A study makes its data itself: an entry is as in the catalogue of datasets, and its own `prepare` and `training` stand
# over the defaults of those sections. Sources that download are for the members of the run.
StudyDataset = Annotated[SentencesSettings | FormalSettings | FilesSettings, Field(discriminator="source")]
Share = Annotated[float, Field(gt=0.0, le=1.0)]
Task = Literal["even_pairs", "parity_check", "cycle_navigation", "modular_arithmetic"]
Scheme = Literal["shared", "time_input", "segments", "mixture", "basis", "hyper", "unshared"]
LearningRate = Annotated[PositiveFloat, Field(description="of Adam")]
_STUDY = "the question"


class StudySettings(Settings):
    """What every study has."""

    seeds: Distinct[Count] = Field(
        default=(0, 1, 2), min_length=1, description="of all chance; each variant is run once with each"
    )
    threads: PositiveInt = Field(default=1, description="of arithmetic; the last bits of a sum depend on it")


class PaddingSettings(StudySettings):
    """Does padding let weights of their own handle any length up to it? (Q5)"""

    study: Literal["padding"] = Field(description=_STUDY)
    data: SentencesSettings = Field(description="as an entry of `datasets`")
    embedding_size: EmbeddingSize = 32
    hidden_size: HiddenSize = 64
    extent_factor: Annotated[float, Field(gt=1.0, le=100.0)] = Field(
        default=2.0, description="padded length over that of the longest training sentence"
    )


class MemorySettings(StudySettings):
    """Is structure longer than the window of truncated back-propagation learned? (Q9)"""

    study: Literal["memory"] = Field(description=_STUDY)
    windows: Distinct[PositiveInt | None] = Field(
        default=(None, 5, 2, 1), min_length=1, description="steps that gradients pass through; null: all"
    )
    longest: PositiveInt = Field(default=10, description="symbols of the longest training sequence")
    shortest: PositiveInt = Field(default=6, description="symbols of the shortest, where only long ones are trained on")
    scored_to: PositiveInt = Field(default=40, description="symbols of the longest sequence that is scored")
    symbols: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=4, description="different symbols, and so classes: a sequence's first is its class"
    )
    embedding_size: EmbeddingSize = 8
    hidden_size: HiddenSize = 32
    steps: PositiveInt = Field(default=250, description="batches trained on")
    batch_size: BatchSize = 32
    learning_rate: LearningRate = 0.01
    rows: PositiveInt = Field(default=128, description="sequences scored at each length")

    @model_validator(mode="after")
    def _long_is_longer_than_each_window(self) -> Self:
        longest_window = max((window for window in self.windows if window is not None), default=0)
        if not longest_window < self.shortest <= self.longest <= self.scored_to:
            raise ValueError("needs every window < shortest <= longest <= scored_to")
        return self


class CellsSettings(StudySettings):
    """The plain tanh cell against the LSTM. (Q12)"""

    study: Literal["cells"] = Field(description=_STUDY)
    datasets: dict[Name, StudyDataset] = Field(min_length=1, description="name: as an entry of `datasets`")
    embedding_size: EmbeddingSize = 32
    hidden_size: HiddenSize = 64


class ImitationSettings(StudySettings):
    """Does one shared net imitate, exactly, a net with weights of its own for each step? (Q10)"""

    study: Literal["imitation"] = Field(description=_STUDY)
    steps: Distinct[PositiveInt] = Field(
        default=(3, 20), min_length=1, description="steps that a net has weights for, one net for each number"
    )
    input_size: PositiveInt = Field(default=4, description="numbers read at each step")
    hidden_size: HiddenSize = 8
    batch_size: PositiveInt = Field(default=16, description="random sequences of each length that the nets read")


class NextTokenSettings(StudySettings):
    """What does predicting the next token beside the class do? (Q15)"""

    study: Literal["next_token"] = Field(description=_STUDY)
    data: StudyDataset = Field(description="as an entry of `datasets`")
    weights: Distinct[NonNegativeFloat] = Field(
        default=(0.0, 0.3, 1.0), min_length=1, description="of the next-token loss"
    )
    embedding_size: EmbeddingSize = 32
    hidden_size: HiddenSize = 64


class LearningCurveSettings(StudySettings):
    """How much training data does each model need, and how far does it overfit with less? (Q2)"""

    study: Literal["learning_curve"] = Field(description=_STUDY)
    data: StudyDataset = Field(description="as an entry of `datasets`")
    models: dict[Name, AnyModel] = Field(min_length=1, description="name: as an entry of `models`")
    fractions: Distinct[Share] = Field(default=(0.1, 0.3, 1.0), min_length=1, description="shares of the training rows")

    @model_validator(mode="after")
    def _sizes_are_given(self) -> Self:
        matched = [name for name, model in self.models.items() if model.match_parameters is not None]
        if matched:
            raise ValueError(f"models.{matched[0]}: give hidden_size; match_parameters is for the models of the run")
        return self


class ChomskySettings(StudySettings):
    """The four formal tasks by the published protocol; `steps` is what a CPU's budget scales."""

    study: Literal["chomsky"] = Field(description=_STUDY)
    tasks: Distinct[Task] = Field(
        default=("even_pairs", "parity_check", "cycle_navigation", "modular_arithmetic"),
        min_length=1,
        description="languages, each learned by a net of its own",
    )
    longest: PositiveInt = Field(default=40, description="N: training lengths are uniform in 1 .. N")
    scored_to: PositiveInt = Field(default=500, description="every length from N + 1 to this one is scored")
    rows: PositiveInt = Field(default=512, description="sequences scored at each length")
    hidden_size: HiddenSize = 256
    embedding_size: PositiveInt | None = Field(
        default=None, description="E: numbers in a symbol's vector; null: they are one-hot"
    )
    batch_size: BatchSize = 128
    gradient_clip: GradientClip = 1.0
    learning_rates: Distinct[PositiveFloat] = Field(
        default=(0.001,), min_length=1, description="of Adam, at the first batch; a fit with each"
    )
    steps: PositiveInt = Field(default=1500, description="batches trained on")
    final_rate: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=1.0, description="share of the learning rate that is left at the end; it falls linearly"
    )
    forget_bias: float = Field(
        default=1.0, description="added to the forget gate's initial bias; the published code's 1"
    )

    @model_validator(mode="after")
    def _something_is_scored(self) -> Self:
        # Modular arithmetic has sequences of odd lengths alone.
        if self.scored_to < self.longest + 2:
            raise ValueError("scored_to must be longest + 2 or more")
        return self


class RelaxedSettings(StudySettings):
    """Which scheme wins when the weights to be learned drift over time? (Oh et al., MLHC 2019)"""

    study: Literal["relaxed"] = Field(description=_STUDY)
    deltas: Distinct[NonNegativeFloat] = Field(
        default=(0.0, 0.1, 0.2, 0.4), min_length=1, description="largest change of a weight in a step"
    )
    schemes: Distinct[Scheme] = Field(
        default=("shared", "time_input", "segments", "mixture", "basis", "hyper", "unshared"),
        min_length=1,
        description="sharing schemes that are compared, and time_input: shared weights that are told the step",
    )
    num_steps: PositiveInt = Field(default=30, description="T: steps of a sequence")
    rows: PositiveInt = Field(default=1000, description="N: sequences of each split")
    inputs: Annotated[int, Field(ge=2, le=1000)] = Field(default=3, description="d: numbers at each step")
    memory: Annotated[int, Field(ge=2, le=1000)] = Field(default=10, description="l: steps that a target depends on")
    density: Share = Field(default=0.1, description="share of inputs that are not 0")
    num_sets: PositiveInt = Field(default=2, description="K, of segments and mixture")
    basis_sets: PositiveInt = Field(default=3, description="K of the Fourier basis")
    hidden_size: HiddenSize = 64
    epochs: PositiveInt = Field(default=30, description="passes over the training sequences")
    batch_size: BatchSize = 100
    learning_rate: LearningRate = 0.005

    @model_validator(mode="after")
    def _memory_fits(self) -> Self:
        if self.memory >= self.num_steps:
            raise ValueError("memory must be shorter than num_steps")
        return self


AnyStudy = Annotated[
    PaddingSettings
    | MemorySettings
    | CellsSettings
    | ImitationSettings
    | NextTokenSettings
    | LearningCurveSettings
    | ChomskySettings
    | RelaxedSettings,
    Field(discriminator="study"),
]
