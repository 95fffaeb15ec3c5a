"""`timeshare ui`: MLflow's pages over the project's database."""

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import NoReturn

from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.tools.ports import check_free
from timeshare.tracking.address import configured_address, without_credentials

# The entry point in pyproject.toml by which MLflow's server runs timeshare.tracking.pages.
_APP = "timeshare"


def main(port: int) -> NoReturn:
    """Make sure that the database can be used, and become MLflow's server on 127.0.0.1.

    Raises:
        UserError: it cannot, or the port cannot, or the runs are with a server that has pages of its own.
    """
    settings = load_params().tracking
    configured = configured_address(settings)
    if configured.startswith(("http", "databricks")):
        raise UserError(f"the runs are at {without_credentials(configured)}; open that in the browser")
    if not entry_points(group="mlflow.app", name=_APP):
        raise UserError("timeshare was installed before its code was as it is; `make setup`, or install it again")
    check_free(port)
    # MLflow, which takes seconds to import, not before the address is known to be right.
    from timeshare.tracking.registry import experiments, usable_address

    address = usable_address(settings, Path())
    for name, experiment_id in experiments(settings, Path()).items():
        print(f"{name}: http://127.0.0.1:{port}/#/experiments/{experiment_id}/runs", flush=True)
    # Its job runners and further workers are a dozen processes that nothing here asks for anything.
    environment = {
        **os.environ,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_BACKEND_STORE_URI": address,  # No option: anyone may read those, and there may be a password in it.
    }
    options = ["--app-name", _APP, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    os.execve(sys.executable, [sys.executable, "-m", "mlflow", "server", *options], environment)
