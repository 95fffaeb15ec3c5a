"""Settings of the next-token study."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import Distinct, NonNegativeFloat
from timeshare.questions.settings import NetSettings, StudyDataset


class NextTokenSettings(NetSettings):
    """What does predicting the next token beside the class do? (Q15)"""

    study: Literal["next_token"] = Field(description="which study")
    data: StudyDataset = Field(description="as an entry of `datasets`")
    weights: Distinct[NonNegativeFloat] = Field(
        default=(0.0, 0.3, 1.0), min_length=1, description="weights of the next-token loss that are compared"
    )
