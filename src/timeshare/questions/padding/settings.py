"""Settings of the padding study."""

from typing import Annotated, Literal

from pydantic import Field

from timeshare.questions.settings import NetSettings
from timeshare.sources.sentences import SentencesSettings
from timeshare.train.overrides import entry_of


class PaddingSettings(NetSettings):
    """Does padding let weights of their own handle any length up to it? (Q5)"""

    study: Literal["padding"] = Field(description="which study")
    data: entry_of(SentencesSettings) = Field(description="as an entry of `datasets`")  # type: ignore[valid-type]
    extent_factor: Annotated[float, Field(gt=1.0, le=100.0)] = Field(
        default=2.0, description="padded length over that of the longest training sentence"
    )
