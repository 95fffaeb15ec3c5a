"""What the settings of several studies share."""

from typing import Annotated, Any

from pydantic import Field

from timeshare.core.config.base import (
    Count,
    Distinct,
    EmbeddingSize,
    HiddenSize,
    Name,
    PositiveFloat,
    PositiveInt,
    Settings,
)
from timeshare.models.settings import RecurrentSettings
from timeshare.train.overrides import AnyDataset, OfflineDataset

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


class NetSettings(StudySettings):
    """A study of recurrent nets of one size."""

    embedding_size: EmbeddingSize = 32
    hidden_size: HiddenSize = 64

    def net(self, **options: Any) -> RecurrentSettings:
        """The net, shared if `options` of its settings do not say otherwise."""
        sizes = {"embedding_size": self.embedding_size, "hidden_size": self.hidden_size}
        return RecurrentSettings(**{"encoder": "lstm", **sizes, **options})


class DialSettings(NetSettings):
    """The studies of what lies between weights for each step and one set."""

    datasets: dict[Name, AnyDataset] = Field(
        min_length=1,
        description="name: as an entry of `datasets`, whose budget each training has; one whose source downloads reads "
        "what the run downloaded for the dataset of that name, and is left out where there is nothing",
    )
