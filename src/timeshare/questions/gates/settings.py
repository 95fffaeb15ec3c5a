"""Settings of the study of cells."""

from typing import Literal

from pydantic import Field

from timeshare.core.config.base import Name
from timeshare.questions.settings import NetSettings, StudyDataset


class CellsSettings(NetSettings):
    """The plain tanh cell against the LSTM. (Q12)"""

    study: Literal["cells"] = Field(description="which study")
    datasets: dict[Name, StudyDataset] = Field(min_length=1, description="name: as an entry of `datasets`")
