"""The model registry: the best model for each dataset, and the way from a name to a model's files."""

import re
from pathlib import Path
from typing import NamedTuple

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.exceptions import MlflowException

from timeshare.artifacts import read_json
from timeshare.config import Params, UserError
from timeshare.train.tracking.delivery import server_address
from timeshare.train.tracking.members import member_runs
from timeshare.train.tracking.model import ARTIFACT, newest

CHAMPION = "champion"


class Champion(NamedTuple):
    """The registered best model for a dataset.

    Attributes:
        dataset: with `model` and `seed`: the member.
        value: what it was chosen by.
        name: name in the registry, with alias champion.
        version: version in the registry.
    """

    dataset: str
    model: str
    seed: int
    value: float
    name: str
    version: str


def register(root: Path, params: Params, metric: str, lowest: bool = False) -> list[Champion]:
    """Put each dataset's best model into the registry under the alias `champion`.

    Args:
        root: the project.
        params: names the members among which to choose.
        metric: a name in results/DATASET/MODEL/SEED/metrics.json.
        lowest: whether the best is the lowest; of equals, the first in the order of the params wins.
    Returns:
        One for each dataset.
    Raises:
        UserError: no member has the metric, or the best one's model was never logged.
    """
    address = server_address(params.tracking, root.resolve())
    client = MlflowClient(address, address)
    return [_register_best(client, root, params, dataset, metric, lowest) for dataset in params.run.datasets]


def fetch(reference: str, root: Path, params: Params) -> Path:
    """The folder that holds a model and its vocabulary, downloaded where it is not at hand.

    Args:
        reference: DATASET@ALIAS, a run's id, or an address of MLflow's (runs:/… or models:/…).
        root: the project.
        params: say where the server is.
    Raises:
        UserError: there is no such model.
    """
    address = server_address(params.tracking, root.resolve())
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(address)
    try:
        downloaded = mlflow.artifacts.download_artifacts(_model_address(MlflowClient(address, address), reference))
    except MlflowException as error:
        raise UserError(f"{reference}: no such model at {address}: {error.message}") from None
    return Path(downloaded) / "artifacts" / ARTIFACT


def _model_address(client: MlflowClient, reference: str) -> str:
    if ":/" in reference:
        return reference
    if "@" in reference:
        dataset, _, alias = reference.partition("@")
        return f"models:/{registered_name(dataset)}@{alias}"
    if re.fullmatch("[0-9a-f]{32}", reference):
        return str(newest(client, reference).model_uri)
    raise UserError(
        f"{reference}: give a model's folder, DATASET@{CHAMPION}, a run's id, or an address such as runs:/…"
    )


def registered_name(dataset: str) -> str:
    """A dataset's name in the registry: models of other datasets have other classes."""
    return f"timeshare-{dataset}"


def _register_best(
    client: MlflowClient, root: Path, params: Params, dataset: str, metric: str, lowest: bool
) -> Champion:
    scored = []
    for member in member_runs(root, params):
        metrics = root / "results" / dataset / member.model / str(member.seed) / "metrics.json"
        if member.dataset == dataset and metrics.exists() and metric in (values := read_json(metrics)):
            scored.append((values[metric], member))
    if not scored:
        raise UserError(f"{metric}: no result on {dataset} has this metric; run `dvc repro` or choose another")
    value, best = (min if lowest else max)(scored, key=lambda item: item[0])
    where = f"{dataset} {best.model} {best.seed}"
    if not best.run_id:
        raise UserError(f"{where}: is the best, but was not tracked; switch tracking.enabled on and train it again")
    logged = newest(client, best.run_id)
    name = registered_name(dataset)
    version = _version(client, name, logged)
    tags = {"metric": metric, "value": str(value), "model": best.model, "seed": str(best.seed)}
    for tag, text in tags.items():
        client.set_model_version_tag(name, version, tag, text)
    client.set_registered_model_alias(name, CHAMPION, version)
    return Champion(dataset, best.model, best.seed, value, name, version)


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
