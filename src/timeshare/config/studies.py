"""The section `studies`: questions whose models are trained in a way of their own, not as members of the run."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timeshare.config.base import Count, Fraction, Name, NonNegativeFloat, PositiveFloat, PositiveInt, Settings
from timeshare.config.datasets import FilesSettings, FormalSettings, SentencesSettings
from timeshare.config.models import AnyModel, RecurrentSettings
from timeshare.config.settings import TrainSettings

# A study makes its data itself; what would have to be downloaded first is for the run's own members.
StudyDataset = Annotated[SentencesSettings | FormalSettings | FilesSettings, Field(discriminator="source")]
Seeds = Annotated[tuple[Count, ...], Field(min_length=1)]

# English that is quick to learn and still leaves the models apart: half of the default dataset.
_SENTENCES = SentencesSettings(source="sentences", train_size=4000, valid_size=400, test_size=400, probe_groups=200)
_QUICK = TrainSettings(learning_rate=0.005, max_epochs=6, patience=6)


class StudySettings(Settings):
    """What every study has."""

    seeds: Seeds = (0, 1, 2)
    threads: PositiveInt = Field(default=1, description="of arithmetic; the last bits of a sum depend on it")


class PaddingSettings(StudySettings):
    """Does padding let weights of their own handle any length up to it? (Q5)"""

    data: SentencesSettings = _SENTENCES
    training: TrainSettings = _QUICK
    embedding_size: PositiveInt = 32
    hidden_size: PositiveInt = 48
    extent_factor: Annotated[float, Field(gt=1.0, le=100.0)] = Field(
        default=2.0, description="padded length over that of the longest training sentence"
    )


class MemorySettings(StudySettings):
    """Is structure longer than the window of truncated back-propagation learned? (Q9)"""

    windows: tuple[PositiveInt | None, ...] = Field(
        default=(None, 5, 2, 1), min_length=1, description="steps that gradients pass through; null: all"
    )
    longest: PositiveInt = Field(default=10, description="longest training sequence")
    shortest: PositiveInt = Field(default=6, description="shortest one, where only long ones are trained on")
    scored_to: PositiveInt = Field(default=40, description="longest sequence that is scored")
    symbols: Annotated[int, Field(ge=2, le=1000)] = 4
    embedding_size: PositiveInt = 8
    hidden_size: PositiveInt = 32
    steps: PositiveInt = Field(default=250, description="batches trained on")
    batch_size: PositiveInt = 32
    learning_rate: PositiveFloat = 0.01
    rows: PositiveInt = Field(default=128, description="sequences scored at each length")

    @model_validator(mode="after")
    def _long_is_longer_than_each_window(self) -> Self:
        longest_window = max((window for window in self.windows if window is not None), default=0)
        if not longest_window < self.shortest <= self.longest <= self.scored_to:
            raise ValueError("needs every window < shortest <= longest <= scored_to")
        return self


class CellsSettings(StudySettings):
    """The plain tanh cell against the LSTM. (Q12)"""

    datasets: dict[Name, StudyDataset] = Field(
        default={
            "sentences": _SENTENCES,
            "parity": FormalSettings(
                source="formal",
                task="parity_check",
                train_size=8000,
                valid_size=500,
                test_size=500,
                train_lengths=(1, 20),
                probe_lengths=(21, 100),
                probe_groups=50,
            ),
        },
        min_length=1,
    )
    training: TrainSettings = _QUICK
    embedding_size: PositiveInt = 32
    hidden_size: PositiveInt = 64


class ImitationSettings(StudySettings):
    """Does one shared net imitate, exactly, a net with weights of its own for each step? (Q10)"""

    steps: tuple[PositiveInt, ...] = Field(default=(3, 20), min_length=1)
    input_size: PositiveInt = 4
    hidden_size: PositiveInt = 8
    batch_size: PositiveInt = 16


class NextTokenSettings(StudySettings):
    """What does predicting the next token beside the class do? (Q15)"""

    data: SentencesSettings = _SENTENCES
    training: TrainSettings = _QUICK
    weights: tuple[NonNegativeFloat, ...] = Field(
        default=(0.0, 0.3, 1.0), min_length=1, description="of the next-token loss"
    )
    embedding_size: PositiveInt = 32
    hidden_size: PositiveInt = 64


class LearningCurveSettings(StudySettings):
    """How much training data does each model need, and how far does it overfit with less? (Q2)"""

    data: StudyDataset = SentencesSettings(source="sentences")
    training: TrainSettings = TrainSettings()
    fractions: tuple[Annotated[Fraction, Field(gt=0.0)], ...] = Field(
        default=(0.1, 0.3, 1.0), min_length=1, description="shares of the training rows"
    )
    models: dict[Name, AnyModel] = Field(
        default={
            "shared": RecurrentSettings(encoder="lstm"),
            "unshared": RecurrentSettings(encoder="lstm", sharing="unshared"),
        },
        min_length=1,
    )


class ChomskySettings(StudySettings):
    """The four formal tasks by the published protocol; `steps` is what a CPU's budget scales."""

    tasks: tuple[Literal["even_pairs", "parity_check", "cycle_navigation", "modular_arithmetic"], ...] = Field(
        default=("even_pairs", "parity_check", "cycle_navigation", "modular_arithmetic"), min_length=1
    )
    longest: PositiveInt = Field(default=40, description="N: training lengths are uniform in 1 .. N")
    scored_to: PositiveInt = Field(default=500, description="every length from N + 1 to this one is scored")
    rows: PositiveInt = Field(default=512, description="sequences scored at each length")
    hidden_size: PositiveInt = 256
    batch_size: PositiveInt = 128
    gradient_clip: PositiveFloat = 1.0
    learning_rates: tuple[PositiveFloat, ...] = Field(default=(0.001,), min_length=1)
    steps: PositiveInt = Field(default=1500, description="batches trained on; published: far more")

    @model_validator(mode="after")
    def _something_is_scored(self) -> Self:
        if self.scored_to <= self.longest:
            raise ValueError("scored_to must be beyond longest")
        return self


Scheme = Literal["shared", "time_input", "segments", "mixture", "basis", "hyper", "unshared"]


class RelaxedSettings(StudySettings):
    """Which scheme wins when the weights to be learned drift over time? (Oh et al., MLHC 2019)"""

    deltas: tuple[NonNegativeFloat, ...] = Field(
        default=(0.0, 0.1, 0.2, 0.4), min_length=1, description="largest change of a weight in a step"
    )
    schemes: tuple[Scheme, ...] = Field(
        default=("shared", "time_input", "segments", "mixture", "basis", "hyper", "unshared"), min_length=1
    )
    num_steps: PositiveInt = Field(default=30, description="T")
    rows: PositiveInt = Field(default=1000, description="N: sequences of each split")
    inputs: Annotated[int, Field(ge=2)] = Field(default=3, description="d: numbers at each step")
    memory: Annotated[int, Field(ge=2)] = Field(default=10, description="l: steps that a target depends on")
    density: Annotated[float, Field(gt=0.0, le=1.0)] = Field(default=0.1, description="share of inputs that are not 0")
    num_sets: PositiveInt = Field(default=2, description="K, of segments and mixture")
    basis_sets: PositiveInt = Field(default=3, description="K of the Fourier basis")
    hidden_size: PositiveInt = 64
    epochs: PositiveInt = 30
    batch_size: PositiveInt = 100
    learning_rate: PositiveFloat = 0.005

    @model_validator(mode="after")
    def _memory_fits(self) -> Self:
        if self.memory >= self.num_steps:
            raise ValueError("memory must be shorter than num_steps")
        return self


class StudiesSettings(Settings):
    """Each study's settings; `run.studies` picks from them by these names."""

    padding: PaddingSettings = PaddingSettings()
    memory: MemorySettings = MemorySettings()
    cells: CellsSettings = CellsSettings()
    imitation: ImitationSettings = ImitationSettings()
    next_token: NextTokenSettings = NextTokenSettings()
    learning_curve: LearningCurveSettings = LearningCurveSettings()
    chomsky: ChomskySettings = ChomskySettings()
    relaxed: RelaxedSettings = RelaxedSettings()
