"""A trained classifier as an MLflow model that belongs to a run."""

import importlib.metadata
import io
import os
import re
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import mlflow.pyfunc
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, Metric
from mlflow.models import Model

import timeshare
from timeshare.core.artifacts import read_json
from timeshare.core.md5 import path_md5
from timeshare.tracking.identity import RemoteRun

# The folder's name among the MLflow model's files.
ARTIFACT = "model"
# What MLflow refuses in a model's name, and a run's may have.
_REFUSED = r"[/:.%\"']"
_DIGEST_TAG = "timeshare.digest"
# The code of the model, which MLflow runs where the model is loaded, and what it imports of this package: these go with
# the model, in an archive, for this package is on no index. The other packages that these import come from one.
_PACKAGE = Path(timeshare.__file__).parent
_CODE = _PACKAGE / "serving.py"
_ARCHIVE = "timeshare.zip"  # serving.py looks for it
_MODULES = ("__init__.py", "core", "evaluate/__init__.py", "evaluate/text_classifier.py", "models", "nn")
_REQUIREMENTS = ("mlflow", "numpy", "pydantic", "regex", "safetensors", "torch", "torchtext")


def log(address: str, run: RemoteRun, folder: Path, example: str, step: int, code: Path | None = None) -> None:
    """Log a trained classifier with its run; a second time does nothing.

    Args:
        address: the server.
        run: the run that made it.
        folder: the model's files, vocab.json and meta.json.
        example: a text that the model can label.
        step: the step of the run whose figures are the model's.
        code: the file of a scheme of the user's own; the model brings it along.
    """
    client = MlflowClient(address)
    digest = path_md5(folder)
    for logged in _logged_models(client, run.run_id, run.experiment_id):
        if logged.tags.get(_DIGEST_TAG) == digest:
            if logged.status == "READY":
                return
            client.delete_logged_model(logged.model_id)  # A try that was cut short.
    # Step by step with a client of this address: `mlflow.pyfunc.log_model` does the same with an address that it takes
    # from the process and the environment, where that would then stay for all that comes after.
    made = client.create_logged_model(
        run.experiment_id,
        re.sub(_REFUSED, "_", run.name),
        run.run_id,
        tags={_DIGEST_TAG: digest, "mlflow.source.name": "timeshare"},
        params=client.get_run(run.run_id).data.params,
    )
    client.log_outputs(run.run_id, [LoggedModelOutput(made.model_id, step)])
    client.log_batch(run.run_id, metrics=_figures(client, run.run_id, made.model_id, step))
    with tempfile.TemporaryDirectory() as scratch:
        saved, archive = Path(scratch) / "model", Path(scratch) / _ARCHIVE
        archive.write_bytes(_modules())
        mlflow.pyfunc.save_model(
            saved,
            python_model=str(_CODE),
            # MLflow takes it for an address, in which the name of the project's folder would have to be quoted.
            artifacts={ARTIFACT: os.path.relpath(folder)},
            code_paths=[str(archive), *([] if code is None else [_importable(code, folder, Path(scratch))])],
            # By its name and not by its place, as MLflow itself would write it: models move with their project.
            mlflow_model=Model(made.model_uri, run.run_id, model_uuid=made.model_id, model_id=made.model_id),
            # Given, and not inferred: that would import the model in a process of its own, for seconds.
            pip_requirements=[f"{package}=={_public_version(package)}" for package in _REQUIREMENTS],
            input_example=[example],
        )
        client.log_model_artifacts(made.model_id, str(saved))
    client.finalize_logged_model(made.model_id, "READY")


@cache
def _modules() -> bytes:
    """The modules that the model's code imports, as an archive that Python imports from; the same bytes each time."""
    parts = [_PACKAGE / part for part in _MODULES]
    files = [file for part in parts for file in ([part] if part.is_file() else part.rglob("*.py"))]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file.relative_to(_PACKAGE.parent).as_posix())  # which holds no clock
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _public_version(package: str) -> str:
    """A package's version as an index has it: without the name of a local build, as in 2.13.0+cpu."""
    return importlib.metadata.version(package).partition("+")[0]


def _importable(code: Path, folder: Path, scratch: Path) -> str:
    """A copy of the code in `scratch`, in such folders that a module has the name that the model calls it by."""
    module = read_json(folder / "model.json")["settings"]["sharing"].partition(":")[0]
    place = scratch / f"{module.replace('.', '/')}.py"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(code, place)
    return str(scratch / place.relative_to(scratch).parts[0])


def _figures(client: MlflowClient, run_id: str, model_id: str, step: int) -> list[Metric]:
    """A run's figures at a step, as those of its model."""
    return [
        Metric(point.key, point.value, point.timestamp, step, model_id, run_id=run_id)
        for name in client.get_run(run_id).data.metrics
        for point in client.get_metric_history(run_id, name)
        if point.step == step and point.model_id is None
    ]


def newest(client: MlflowClient, run_id: str) -> LoggedModel | None:
    """The model that a run has logged last."""
    run = client.get_run(run_id)
    logged = [model for model in _logged_models(client, run_id, run.info.experiment_id) if model.status == "READY"]
    return max(logged, key=lambda model: model.creation_timestamp, default=None)


def _logged_models(client: MlflowClient, run_id: str, experiment_id: str) -> list[LoggedModel]:
    found = client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'")
    return list(found)
