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

from timeshare.core.config.errors import UserError
from timeshare.tracking.delivery import server_address
from timeshare.tracking.identity import MemberRun
from timeshare.tracking.model import ARTIFACT, newest
from timeshare.tracking.settings import TrackingSettings

CHAMPION = "champion"


class Champion(NamedTuple):
    """The registered best model for a dataset.

    Attributes:
        member: whose model it is.
        value: what it was chosen by.
        name: name in the registry, with alias champion.
        version: version in the registry.
    """

    member: MemberRun
    value: float
    name: str
    version: str


def register(
    root: Path, settings: TrackingSettings, members: Sequence[MemberRun], metric: str, lowest: bool
) -> list[Champion]:
    """Put each dataset's best model into the registry under the alias `champion`.

    Args:
        root: the project.
        settings: say where the server is.
        members: those among which to choose.
        metric: a name in metrics.json of a member's model (what validation said) or of its results (what the test
            texts said).
        lowest: whether the best is the lowest; of equals, the first in the order of the params wins.
    Returns:
        One for each dataset.
    Raises:
        UserError: no member has the metric, or the best one's model was never logged.
    """
    datasets = dict.fromkeys(member.dataset for member in members)
    with _at(server_address(settings, root.resolve())) as client:
        return [_register_best(client, root, members, dataset, metric, lowest) for dataset in datasets]


def fetch(reference: str, root: Path, settings: TrackingSettings) -> Path:
    """The folder that holds a model and its vocabulary, downloaded where it is not at hand.

    Args:
        reference: DATASET@ALIAS, a run's id, or an address of MLflow's (runs:/… or models:/…).
        root: the project.
        settings: say where the server is.
    Raises:
        UserError: there is no such model.
    """
    address = server_address(settings, root.resolve())
    with _at(address) as client:
        try:
            downloaded = mlflow.artifacts.download_artifacts(_model_address(client, reference))
        except MlflowException as error:
            raise UserError(f"{reference}: no such model at {address}: {error.message}") from None
    return Path(downloaded) / "artifacts" / ARTIFACT


@contextlib.contextmanager
def _at(address: str) -> Iterator[MlflowClient]:
    """A client, beside which MLflow's own functions use the same address; after the block they do as before.

    MLflow resolves a model's address by the process's server, whatever the client's, and keeps that in the environment,
    where it would win over the params of what is done next.
    """
    before = {name: os.environ.get(name) for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")}
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(address)
    try:
        yield MlflowClient(address, address)
    finally:
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _model_address(client: MlflowClient, reference: str) -> str:
    if ":/" in reference:
        return reference
    if "@" in reference:
        dataset, _, alias = reference.partition("@")
        return f"models:/{registered_name(dataset)}@{alias}"
    if re.fullmatch("[0-9a-f]{32}", reference):
        return str(_model_of(client, reference).model_uri)
    raise UserError(
        f"{reference}: give a model's folder, DATASET@{CHAMPION}, a run's id, or an address such as runs:/…"
    )


def registered_name(dataset: str) -> str:
    """A dataset's name in the registry: models of other datasets have other classes."""
    return f"timeshare-{dataset}"


def _register_best(
    client: MlflowClient, root: Path, members: Sequence[MemberRun], dataset: str, metric: str, lowest: bool
) -> Champion:
    scored = [
        (values[metric], member)
        for member in members
        if member.dataset == dataset and metric in (values := member.metrics(root, "models", "results"))
    ]
    if not scored:
        raise UserError(f"{metric}: no result on {dataset} has this metric; run `dvc repro` or choose another")
    value, best = (min if lowest else max)(scored, key=lambda item: item[0])
    where = f"{dataset} {best.model} {best.seed}"
    if not best.run_id:
        raise UserError(f"{where}: is the best, but was not tracked; switch tracking.enabled on and train it again")
    logged = _model_of(client, best.run_id)
    name = registered_name(dataset)
    version = _version(client, name, logged)
    tags = {"metric": metric, "value": str(value), "model": best.model, "seed": str(best.seed)}
    for tag, text in tags.items():
        client.set_model_version_tag(name, version, tag, text)
    client.set_registered_model_alias(name, CHAMPION, version)
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
    logged = newest(client, run_id)
    if logged is None:
        raise UserError(f"run {run_id}: has no logged model; `timeshare sync` sends what is not sent yet")
    return logged
