"""Settings of the next-token study."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import Distinct, EmbeddingSize, HiddenSize, NonNegativeFloat
from timeshare.questions.settings import StudyDataset, StudySettings


class NextTokenSettings(StudySettings):
    """What does predicting the next token beside the class do? (Q15)"""

    study: Literal["next_token"] = Field(description="which study")
    data: StudyDataset = Field(description="as an entry of `datasets`")
    weights: Distinct[NonNegativeFloat] = Field(
        default=(0.0, 0.3, 1.0), min_length=1, description="weights of the next-token loss that are compared"
    )
    embedding_size: EmbeddingSize = 32
    hidden_size: HiddenSize = 64
