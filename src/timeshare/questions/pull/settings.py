"""Settings of the study of the pull."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import Distinct, EmbeddingSize, HiddenSize, Name, NonNegativeFloat
from timeshare.questions.settings import StudySettings
from timeshare.train.overrides import AnyDataset


class PullSettings(StudySettings):
    """Where is the best place between weights for each step and one set? (Q17)"""

    study: Literal["pull"] = Field(description="which study")
    datasets: dict[Name, AnyDataset] = Field(
        min_length=1,
        description="name: as an entry of `datasets`; one whose source downloads reads what the run downloaded for the "
        "dataset of that name, and is left out where there is nothing",
    )
    pulls: Distinct[NonNegativeFloat] = Field(
        default=(0.0, 1.0, 10.0, 100.0),
        min_length=1,
        description="values of `training.pull` that are compared, with each other and with the shared net",
    )
    embedding_size: EmbeddingSize = 32
    hidden_size: HiddenSize = 64
