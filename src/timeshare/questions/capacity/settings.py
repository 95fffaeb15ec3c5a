"""Settings of the learning curve."""

from typing import Literal, Self

from pydantic import Field, model_validator

from timeshare.core.config.base import Distinct, Name
from timeshare.models.settings import AnyModel
from timeshare.questions.settings import Share, StudyDataset, StudySettings


class LearningCurveSettings(StudySettings):
    """How much training data does each model need, and how far does it overfit with less? (Q2)"""

    study: Literal["learning_curve"] = Field(description="which study")
    data: StudyDataset = Field(description="as an entry of `datasets`")
    models: dict[Name, AnyModel] = Field(min_length=1, description="name: as an entry of `models`")
    fractions: Distinct[Share] = Field(default=(0.1, 0.3, 1.0), min_length=1, description="shares of the training rows")

    @model_validator(mode="after")
    def _sizes_are_given(self) -> Self:
        matched = [name for name, model in self.models.items() if model.match_parameters is not None]
        if matched:
            raise ValueError(f"models.{matched[0]}: give hidden_size; match_parameters is for the models of the run")
        return self
