"""What the settings of several studies share."""

from typing import Annotated

from pydantic import Field

from timeshare.core.config.base import Count, Distinct, PositiveFloat, PositiveInt, Settings
from timeshare.train.overrides import OfflineDataset

# A study makes its data itself: an entry is as in the catalogue of datasets, and its own `prepare` and `training` stand
# over the defaults of those sections.
StudyDataset = OfflineDataset
Share = Annotated[float, Field(gt=0.0, le=1.0)]
LearningRate = Annotated[PositiveFloat, Field(description="learning rate of Adam")]


class StudySettings(Settings):
    """What every study has."""

    study: str = Field(description="which study")
    seeds: Distinct[Count] = Field(
        default=(0, 1, 2),
        min_length=1,
        description="seeds of all random numbers; each variant is run once with each seed",
    )
    threads: PositiveInt = Field(
        default=1, description="threads that compute; their number changes the last bits of sums"
    )
