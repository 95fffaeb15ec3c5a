"""A trained classifier as an MLflow model that belongs to a run."""

import importlib.metadata
from pathlib import Path

import mlflow
import mlflow.pyfunc
from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.models import Model

import timeshare
from timeshare.config import UserError
from timeshare.train.tracking.identity import RemoteRun
from timeshare.train.tracking.versions import path_md5

# The folder's name among the MLflow model's files.
ARTIFACT = "model"
_DIGEST_TAG = "timeshare.digest"
# The code of the model, which MLflow runs where the model is loaded; the package holds all that it imports.
_CODE = Path(timeshare.__file__).with_name("serving.py")
_REQUIREMENTS = ("timeshare", "mlflow", "torch", "safetensors")


def log(address: str, run: RemoteRun, folder: Path, example: str) -> None:
    """Log a trained classifier with its run; a second time does nothing.

    Args:
        address: the server.
        run: the run that made it.
        folder: what the predictor needs: the model's files, vocab.json and meta.json.
        example: a text that the model can label.
    """
    client = MlflowClient(address)
    digest = path_md5(folder)
    for logged in _logged_models(client, run.run_id, run.experiment_id):
        if logged.tags.get(_DIGEST_TAG) == digest:
            if logged.status == "READY":
                return
            client.delete_logged_model(logged.model_id)  # A try that was cut short.
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment(experiment_id=run.experiment_id)
    Model.log(
        None,
        mlflow.pyfunc,
        name=run.name,
        run_id=run.run_id,
        python_model=str(_CODE),
        artifacts={ARTIFACT: str(folder)},
        # Given, and not inferred: that would import the model in a process of its own, for seconds.
        pip_requirements=[f"{package}=={importlib.metadata.version(package)}" for package in _REQUIREMENTS],
        input_example=[example],
        tags={_DIGEST_TAG: digest, "mlflow.source.name": "timeshare"},
    )


def newest(client: MlflowClient, run_id: str) -> LoggedModel:
    """The model that a run has logged last.

    Raises:
        UserError: it has none.
    """
    experiment_id = client.get_run(run_id).info.experiment_id
    logged = [model for model in _logged_models(client, run_id, experiment_id) if model.status == "READY"]
    if not logged:
        raise UserError(f"run {run_id}: has no logged model; `timeshare sync` sends what is not sent yet")
    return max(logged, key=lambda model: model.creation_timestamp)


def _logged_models(client: MlflowClient, run_id: str, experiment_id: str) -> list[LoggedModel]:
    found = client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'")
    return list(found)
