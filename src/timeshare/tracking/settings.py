"""The section `tracking` of params.yaml."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from timeshare.core.config.base import Settings

# What MLflow has a client or a store for. Its own folders of files are not among them: MLflow refuses these by now.
_MLFLOW = re.compile(r"(?i:https?)://.+|(sqlite|postgresql|mysql|mssql)(\+\w+)?://.*|databricks(://.*)?", re.DOTALL)


def _mlflow_address(uri: str) -> str:
    if not _MLFLOW.fullmatch(uri):
        # Whatever follows the scheme may hold a password.
        given = f"is of the scheme '{uri.partition(':')[0]:.20}'" if ":" in uri else "is no address"
        raise ValueError(
            f"{given}; give http://, https://, sqlite:///FILE, postgresql://, mysql://, mssql:// or databricks "
            "(a database also with its driver, as in mysql+pymysql://)"
        )
    return uri


class TrackingSettings(Settings):
    """Tracking with MLflow. The environment variable MLFLOW_TRACKING_URI takes precedence over `uri`."""

    enabled: bool = Field(default=True, description="whether runs are recorded")
    uri: Annotated[str, AfterValidator(_mlflow_address)] = Field(
        default="sqlite:///mlflow.db",
        description="address of the server or database; the path of a file starts at the project's folder",
    )
    system_metrics: bool = Field(
        default=False, description="also record how busy processor, memory, disk and network are, every 5 seconds"
    )
    champion_metric: str = Field(
        default="valid_accuracy", description="the metric by which `make register` chooses the best model"
    )
    champion_lowest: bool = Field(default=False, description="whether the lowest value is the best")
