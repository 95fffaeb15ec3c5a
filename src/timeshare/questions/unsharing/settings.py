"""Settings of the study of unsharing."""

from typing import Literal

from pydantic import Field

from timeshare.questions.settings import DialSettings


class UnsharingSettings(DialSettings):
    """Does it help to give each step of a trained shared net weights of its own? (Q18)"""

    study: Literal["unsharing"] = Field(description="which study")
