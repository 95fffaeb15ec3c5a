"""Settings of the study of drifting weights."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import BatchSize, Distinct, HiddenSize, NonNegativeFloat, PositiveInt
from timeshare.nn.schemes import SCHEMES
from timeshare.questions.settings import LearningRate, Share, StudySettings

# From weights that every step shares to a set for each step. Periodic weights come back, and so do not drift.
_BETWEEN = (name for name in SCHEMES if name not in ("shared", "periodic", "unshared"))
_COMPARED = ("shared", "time_input", *_BETWEEN, "unshared")
if TYPE_CHECKING:
    Scheme = str
else:
    Scheme = Literal[_COMPARED]


class RelaxedSettings(StudySettings):
    """Which scheme wins when the weights to be learned drift over time? (Oh et al., MLHC 2019)"""

    study: Literal["relaxed"] = Field(description="which study")
    deltas: Distinct[NonNegativeFloat] = Field(
        default=(0.0, 0.1, 0.2, 0.4), min_length=1, description="largest change of a weight in a step"
    )
    schemes: Distinct[Scheme] = Field(
        default=_COMPARED,
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
