"""The section `tracking` of params.yaml."""

from typing import Annotated

from pydantic import AfterValidator, Field

from timeshare.core.config.base import Settings
from timeshare.tracking.address import checked


class TrackingSettings(Settings):
    """Tracking with MLflow. The environment variable MLFLOW_TRACKING_URI takes precedence over `uri`."""

    enabled: bool = Field(default=True, description="whether runs are recorded")
    uri: Annotated[str, AfterValidator(checked)] = Field(
        default="sqlite:///mlflow.db",
        description="address of the server or database; the path of a file starts at the project's folder",
    )
    system_metrics: bool = Field(
        default=False, description="also record how busy processor, memory, disk and network are, every 5 seconds"
    )
    champion_metric: str = Field(
        default="valid_accuracy", description="the metric by which `timeshare register` chooses the best model"
    )
    champion_lowest: bool = Field(default=False, description="whether the lowest value is the best")
