"""The section `report` of params.yaml."""

from typing import Annotated

from pydantic import Field

from timeshare.core.config.base import Name, PositiveInt, Settings
from timeshare.report.playground.settings import PlaygroundSettings


class ReportSettings(Settings):
    """How results are summarised."""

    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = Field(
        default=0.95, description="confidence level of the intervals"
    )
    resamples: PositiveInt = Field(
        default=2000, description="number of resamples of the seeds for each bootstrap interval"
    )
    baseline: Name = Field(
        default="shared", description="the model that the others are compared with, if `run.models` has it"
    )
    playground: PlaygroundSettings | None = Field(
        default=PlaygroundSettings(),
        description="whose nets run in report/playground.html: `dataset`, `models` and `seed` (docs/playground.md); "
        "null: none",
    )
