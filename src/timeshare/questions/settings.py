"""What the settings of several studies share."""

from typing import Annotated

from pydantic import Field

from timeshare.core.config.base import Count, Distinct, PositiveFloat, PositiveInt, Settings
from timeshare.train.overrides import OfflineDataset

# A study makes its data itself: an entry is as in the catalogue of datasets, and its own `prepare` and `training` stand
# over the defaults of those sections.
StudyDataset = OfflineDataset
Share = Annotated[float, Field(gt=0.0, le=1.0)]
LearningRate = Annotated[PositiveFloat, Field(description="of Adam")]


class StudySettings(Settings):
    """What every study has."""

    study: str = Field(description="the question")
    seeds: Distinct[Count] = Field(
        default=(0, 1, 2), min_length=1, description="of all chance; each variant is run once with each"
    )
    threads: PositiveInt = Field(default=1, description="of arithmetic; the last bits of a sum depend on it")
