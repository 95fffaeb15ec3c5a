"""`timeshare serve`: a registered model on 127.0.0.1, as MLflow serves models."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.tools.ports import check_free


def main(model: str, port: int) -> NoReturn:
    """Make sure that the model is there, and become the server that answers for it.

    Args:
        model: DATASET@ALIAS, a run's id, or an address of MLflow's.
        port: on 127.0.0.1; any but that of `timeshare ui`.
    Raises:
        UserError: there is no such model, or the runs' server or the port cannot be used.
    """
    if Path(model).exists():
        raise UserError(f"{model}: is a folder; give DATASET@champion, which `timeshare register` makes, or a run's id")
    settings = load_params().tracking
    check_free(port)
    # MLflow, which takes seconds to import, not before the settings are known to be right.
    from timeshare.tracking.registry import model_address, usable_address

    served = model_address(model, Path(), settings)
    environment = {**os.environ, "MLFLOW_TRACKING_URI": usable_address(settings, Path())}
    options = ["--model-uri", served, "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    print(f"{model}: http://127.0.0.1:{port}/invocations", flush=True)
    os.execve(sys.executable, [sys.executable, "-m", "mlflow", "models", "serve", *options], environment)
