"""The model registry: the best model for each dataset, and the way from a name to a model's files."""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from timeshare.core.artifacts import read_json
from timeshare.core.config.errors import UserError
from timeshare.core.config.spelling import did_you_mean
from timeshare.tracking.address import configured_address, resolved, without_credentials
from timeshare.tracking.card import card
from timeshare.tracking.identity import SeedRun
from timeshare.tracking.model import ARTIFACT, newest
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.store import UnusableStoreError, prepare, problem
from timeshare.tracking.view import EXPERIMENTS

CHAMPION = "champion"
_PREFIX = "timeshare-"
# MLflow's own retries last four minutes. A try that is too late by this is one of a server that does not answer.
_NOT_FOUND = 404
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "15"}


class Champion(NamedTuple):
    """The registered best model for a dataset.

    Attributes:
        seed_run: whose model it is.
        value: what it was chosen by.
        name: name in the registry, with alias champion.
        version: version in the registry.
    """

    seed_run: SeedRun
    value: float
    name: str
    version: str


def register(
    root: Path,
    settings: TrackingSettings,
    seed_runs: Sequence[SeedRun],
    metric: str,
    lowest: bool,
    unsent: str = "",
) -> list[Champion]:
    """Put each dataset's best model into the registry under the alias `champion`.

    Args:
        root: the project.
        settings: say where the server is.
        seed_runs: those among which to choose.
        metric: a name in metrics.json of a seed's model (what validation said) or of its results (what the test
            texts said).
        lowest: whether the best is the lowest; of equals, the first in the order of the params wins.
        unsent: why runs may not be on the server yet, if they may not.
    Returns:
        One for each dataset.
    Raises:
        UserError: the server cannot be used, no seed has the metric, or the best one's model was never logged.
    """
    datasets = dict.fromkeys(seed_run.dataset for seed_run in seed_runs)
    with _at(settings, root) as client:
        best = {dataset: _best(root, seed_runs, dataset, metric, lowest) for dataset in datasets}
        for _, seed_run in best.values():
            if not seed_run.run_id:
                where = f"{seed_run.dataset} {seed_run.model} {seed_run.seed}"
                reason = (
                    f"has not reached the server ({unsent}); then `timeshare sync`"
                    if unsent
                    else ("was not tracked; switch tracking.enabled on and train it again")
                )
                raise UserError(f"{where}: is the best, but {reason}")
        # All of them are there before the first is registered.
        logged = {dataset: _model_of(client, seed_run.run_id) for dataset, (_, seed_run) in best.items()}
        return [_register(client, root, *best[dataset], logged[dataset], metric) for dataset in datasets]


def fetch(reference: str, root: Path, settings: TrackingSettings) -> Path:
    """The folder that holds a model and its vocabulary, downloaded where it is not at hand.

    Args:
        reference: DATASET@ALIAS, a run's id, or an address of MLflow's (runs:/… or models:/…).
        root: the project.
        settings: say where the server is.
    Raises:
        UserError: there is no such model, or the server cannot be used.
    """
    with _at(settings, root) as client:
        address = _model_address(client, reference)
        try:
            downloaded = mlflow.artifacts.download_artifacts(address)
        except MlflowException as error:
            if error.get_http_status_code() != _NOT_FOUND:
                raise
            shown = without_credentials(configured_address(settings))
            if "No such artifact" in error.message:
                remedy = "train its member again, and `timeshare register`"
                raise UserError(f"{reference}: {shown} has it, but its files are gone; {remedy}") from None
            raise UserError(f"{reference}: no such model at {shown}: {error.message}") from None
    return Path(downloaded) / "artifacts" / ARTIFACT


def model_address(reference: str, root: Path, settings: TrackingSettings) -> str:
    """MLflow's address of a model that is there.

    Raises:
        UserError: there is none, or the server cannot be used.
    """
    with _at(settings, root) as client:
        address = _model_address(client, reference)
        try:
            mlflow.models.get_model_info(address)
        except MlflowException as error:
            shown = without_credentials(configured_address(settings))
            raise UserError(f"{reference}: no such model at {shown}: {error.message}") from None
    return address


def usable_address(settings: TrackingSettings, root: Path) -> str:
    """The address as MLflow understands it, of a server or database that can be used.

    Raises:
        UserError: it cannot be used.
    """
    with _at(settings, root):
        return resolved(configured_address(settings), root.resolve())


def experiments(settings: TrackingSettings, root: Path) -> dict[str, str]:
    """The ids of this package's experiments by their names.

    Raises:
        UserError: the server or database cannot be used.
    """
    with _at(settings, root) as client:
        found = client.search_experiments(filter_string=f"name LIKE '{EXPERIMENTS}%'", order_by=["name ASC"])
        return {experiment.name: experiment.experiment_id for experiment in found}


@contextlib.contextmanager
def _at(settings: TrackingSettings, root: Path) -> Iterator[MlflowClient]:
    """A client, beside which MLflow's own functions use the same address; after the block they do as before.

    MLflow resolves a model's address by the process's server, whatever the client's, and keeps that in the environment,
    where it would win over the params of what is done next.

    Raises:
        UserError: the server or database cannot be used, known before the block or in it.
    """
    configured = configured_address(settings)
    address = resolved(configured, root.resolve())
    before = {name: os.environ.get(name) for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", *_PATIENCE)}
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    try:
        prepare(address, root, create=False)
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        client = MlflowClient(address, address)
        client.search_experiments(max_results=1)
        yield client
    except (UnusableStoreError, MlflowException, SQLAlchemyError, OSError) as error:
        raise UserError(f"{without_credentials(configured)}: {problem(error)}") from None
    finally:
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
        for name, former in before.items():
            os.environ.pop(name, None)
            if former is not None:
                os.environ[name] = former


def _model_address(client: MlflowClient, reference: str) -> str:
    if ":/" in reference:
        return reference
    if "@" in reference:
        return _address_of_alias(client, reference)
    if re.fullmatch("[0-9a-f]{32}", reference):
        return str(_model_of(client, reference).model_uri)
    raise UserError(
        f"{reference}: give a model's folder, DATASET@{CHAMPION}, a run's id, or an address such as runs:/…"
    )


def _address_of_alias(client: MlflowClient, reference: str) -> str:
    dataset, _, alias = reference.partition("@")
    name = registered_name(dataset)
    try:
        client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        models = client.search_registered_models()
        there = [f"{model.name.removeprefix(_PREFIX)}@{one}" for model in models for one in model.aliases]
        mend = f"`timeshare register` makes DATASET@{CHAMPION} for each dataset of the run"
        raise UserError(f"{reference}: is not in the registry; {mend}{did_you_mean(reference, there)}") from None
    return f"models:/{name}@{alias}"


def registered_name(dataset: str) -> str:
    """A dataset's name in the registry: models of other datasets have other classes."""
    return f"{_PREFIX}{dataset}"


def _best(root: Path, seed_runs: Sequence[SeedRun], dataset: str, metric: str, lowest: bool) -> tuple[float, SeedRun]:
    scored = [
        (values[metric], seed_run)
        for seed_run in seed_runs
        if seed_run.dataset == dataset and metric in (values := seed_run.metrics(root, "models", "results"))
    ]
    if not scored:
        raise UserError(f"{metric}: no result on {dataset} has this metric; run `dvc repro` or choose another")
    return (min if lowest else max)(scored, key=lambda item: item[0])


def _register(
    client: MlflowClient, root: Path, value: float, best: SeedRun, logged: LoggedModel, metric: str
) -> Champion:
    name = registered_name(best.dataset)
    files = Path(mlflow.artifacts.download_artifacts(logged.model_uri))
    (example,) = read_json(files / "input_example.json")
    said = card(
        files / "artifacts" / ARTIFACT, best, best.metrics(root, "results"), metric, value, example, logged.params
    )
    version = _version(client, name, logged)
    client.update_model_version(name, version, said)
    tags = {"metric": metric, "value": str(value), "model": best.model, "seed": str(best.seed)}
    for tag, text in tags.items():
        client.set_model_version_tag(name, version, tag, text)
    # Last: until then the champion is the former one.
    client.set_registered_model_alias(name, CHAMPION, version)
    client.update_registered_model(name, said)
    return Champion(best, value, name, version)


def _version(client: MlflowClient, name: str, logged: LoggedModel) -> str:
    """The version of a logged model in the registry, which is made if there is none."""
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    for version in client.search_model_versions(f"name = '{name}'"):
        if version.source == logged.model_uri:
            return str(version.version)
    made = client.create_model_version(name, logged.model_uri, logged.source_run_id, model_id=logged.model_id)
    return str(made.version)


def _model_of(client: MlflowClient, run_id: str) -> LoggedModel:
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        if error.get_http_status_code() != _NOT_FOUND:
            raise
        raise UserError(f"run {run_id}: is not there; correct the address, or train its member again") from None
    if run.info.lifecycle_stage == "deleted":
        raise UserError(f"run {run_id}: is deleted; restore it in MLflow, or train its member again")
    logged = newest(client, run_id)
    if logged is None:
        raise UserError(f"run {run_id}: has no logged model; `timeshare sync` sends what is not sent yet")
    return logged
