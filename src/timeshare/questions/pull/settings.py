"""Settings of the study of the pull."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import Distinct, NonNegativeFloat
from timeshare.questions.settings import DialSettings


class PullSettings(DialSettings):
    """Where is the best place between weights for each step and one set? (Q17)"""

    study: Literal["pull"] = Field(description="which study")
    pulls: Distinct[NonNegativeFloat] = Field(
        default=(0.0, 1.0, 10.0, 100.0),
        min_length=1,
        description="values of `training.pull` that are compared, with each other and with the shared net",
    )
