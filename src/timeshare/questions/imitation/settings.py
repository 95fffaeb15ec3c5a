"""Settings of the imitation study."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import Distinct, HiddenSize, PositiveInt
from timeshare.questions.settings import StudySettings


class ImitationSettings(StudySettings):
    """Does one shared net imitate, exactly, a net with weights of its own for each step? (Q10)"""

    study: Literal["imitation"] = Field(description="which study")
    steps: Distinct[PositiveInt] = Field(
        default=(3, 20), min_length=1, description="steps that a net has weights for, one net for each number"
    )
    input_size: PositiveInt = Field(default=4, description="numbers read at each step")
    hidden_size: HiddenSize = 8
    batch_size: PositiveInt = Field(default=16, description="random sequences of each length that the nets read")
