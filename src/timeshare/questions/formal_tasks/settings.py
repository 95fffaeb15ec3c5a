"""Settings of the formal tasks."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import BatchSize, Distinct, GradientClip, HiddenSize, PositiveFloat, PositiveInt
from timeshare.questions.settings import StudySettings

Task = Literal["even_pairs", "parity_check", "cycle_navigation", "modular_arithmetic"]


class ChomskySettings(StudySettings):
    """The four formal tasks by the published protocol; `steps` is what a CPU's budget scales."""

    study: Literal["chomsky"] = Field(description="which study")
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
        default=(0.001,),
        min_length=1,
        description="learning rates of Adam at the first batch; one fit with each",
    )
    steps: PositiveInt = Field(default=1500, description="batches trained on")
    final_rate: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=1.0, description="share of the learning rate that is left at the end; it falls linearly"
    )
    forget_bias: float = Field(
        default=1.0, description="added to the initial bias of the forget gate, as the published code adds 1"
    )

    @model_validator(mode="after")
    def _something_is_scored(self) -> Self:
        # Modular arithmetic has sequences of odd lengths alone.
        if self.scored_to < self.longest + 2:
            raise ValueError("scored_to must be longest + 2 or more")
        return self
