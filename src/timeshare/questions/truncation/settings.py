"""Settings of the memory study."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import BatchSize, Distinct, EmbeddingSize, HiddenSize, PositiveInt
from timeshare.questions.settings import LearningRate, StudySettings


class MemorySettings(StudySettings):
    """Is structure longer than the window of truncated back-propagation learned? (Q9)"""

    study: Literal["memory"] = Field(description="which study")
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
