"""Settings of the study of unsharing."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import EmbeddingSize, HiddenSize, Name
from timeshare.questions.settings import StudySettings
from timeshare.train.overrides import AnyDataset


class UnsharingSettings(StudySettings):
    """Does it help to give each step of a trained shared net weights of its own? (Q18)"""

    study: Literal["unsharing"] = Field(description="which study")
    datasets: dict[Name, AnyDataset] = Field(
        min_length=1,
        description="name: as an entry of `datasets`, whose budget each of the two trainings has; one whose source "
        "downloads reads what the run downloaded for the dataset of that name, and is left out where there is nothing",
    )
    embedding_size: EmbeddingSize = 32
    hidden_size: HiddenSize = 64
