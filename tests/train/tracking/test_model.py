"""A trained classifier as an MLflow model: logged, loaded, registered, fetched."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.train.tracking.conftest import run_identity
from timeshare.artifacts import write_json
from timeshare.config import Params, UserError
from timeshare.config.settings import TrackingSettings
from timeshare.evaluate.predictor import load_predictor
from timeshare.train.tracking import model, registry
from timeshare.train.tracking.identity import RemoteRun
from timeshare.train.tracking.members import MemberRun
from timeshare.train.tracking.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

# mlflow uses what its libraries deprecate; it warns that what is installed differs in build from what was asked for.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
TEXTS = ["0 1 1", "1", "0 0 1 0"]


@pytest.fixture
def tracked_params(database: str, params: Params) -> Params:
    """With the database as server."""
    return params.model_copy(update={"tracking": TrackingSettings(uri=database)})


def test_the_model_answers_as_the_predictor_does(database: str, logged: RemoteRun, files: Path) -> None:
    mlflow.set_tracking_uri(database)
    loaded = mlflow.pyfunc.load_model(model.newest(MlflowClient(database), logged.run_id).model_uri)
    predictor = load_predictor(files, files)
    expected = predictor(TEXTS)
    answers = loaded.predict(TEXTS)
    assert [answer.label for answer in answers] == [predictor.classes[index] for index in expected.argmax(1)]
    np.testing.assert_array_equal([list(answer.probabilities.values()) for answer in answers], expected.astype(float))
    assert list(answers[0].probabilities) == list(predictor.classes)
    assert loaded.predict([]) == []


@pytest.mark.parametrize(
    ("texts", "message"), [(["0 1", ""], "text 1 has no token"), ([1], "Expected type str"), ("0 1", "Expected list")]
)
def test_wrong_input_is_refused_with_the_reason(database: str, logged: RemoteRun, texts: object, message: str) -> None:
    mlflow.set_tracking_uri(database)
    loaded = mlflow.pyfunc.load_model(model.newest(MlflowClient(database), logged.run_id).model_uri)
    with pytest.raises(MlflowException, match=message) as caught:
        loaded.predict(texts)
    assert caught.value.get_http_status_code() == 400


def test_the_model_has_signature_example_requirements_and_no_pickle(database: str, logged: RemoteRun) -> None:
    mlflow.set_tracking_uri(database)
    folder = Path(mlflow.artifacts.download_artifacts(model.newest(MlflowClient(database), logged.run_id).model_uri))
    description = mlflow.models.Model.load(folder)
    assert description.signature.inputs.to_dict() == [{"type": "string", "required": True}]
    assert description.load_input_example(folder) == ["0 1 1"]
    requirements = (folder / "requirements.txt").read_text().splitlines()
    assert {line.partition("==")[0] for line in requirements} == {"timeshare", "mlflow", "torch", "safetensors"}
    assert sorted(path.name for path in (folder / "artifacts" / "model").iterdir()) == [
        "meta.json",
        "model.json",
        "model.safetensors",
        "vocab.json",
    ]
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert suffixes <= {"", ".py", ".json", ".yaml", ".txt", ".safetensors"}


def test_logged_twice_it_is_there_once(database: str, logged: RemoteRun, files: Path, tmp_path: Path) -> None:
    """As after a crash between sending and recording that it was sent."""
    client = MlflowClient(database)
    model.log(database, logged, files, example="0 1 1")
    assert len(client.search_logged_models([logged.experiment_id])) == 1
    changed = tmp_path / "model"
    shutil.copytree(files, changed)
    (changed / "vocab.json").write_text((files / "vocab.json").read_text() + "\n")
    model.log(database, logged, changed, example="0 1 1")
    assert len(client.search_logged_models([logged.experiment_id])) == 2


@pytest.fixture
def members(
    database: str, project: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[tuple[str, int], RemoteRun]:
    """Four members with results, of which the model of each is logged."""
    runs = {}
    scores = {("shared", 0): 0.5, ("shared", 1): 0.9, ("unshared", 0): 0.9, ("unshared", 1): 0.25}
    rows = []
    for (name, seed), accuracy in scores.items():
        run = Server(database, project).run(run_identity(f"{name}-{seed}", key=f"{name}{seed}"))
        model.log(database, run, files, example="0 1 1")
        write_json(project / "results/parity" / name / str(seed) / "metrics.json", {"accuracy": accuracy})
        rows.append(MemberRun("parity", name, seed, "up to date", f"{name}{seed}", run.run_id))
        runs[name, seed] = run
    monkeypatch.setattr(registry, "member_runs", lambda root, params: rows)
    return runs


def test_the_best_is_registered_as_champion(
    database: str, project: Path, tracked_params: Params, members: dict[tuple[str, int], RemoteRun]
) -> None:
    (champion,) = registry.register(project, tracked_params, "accuracy")
    assert champion[:4] == ("parity", "shared", 1, 0.9), "of equals, the first"
    client = MlflowClient(database)
    version = client.get_model_version_by_alias("timeshare-parity", "champion")
    assert version.run_id == members["shared", 1].run_id
    assert version.tags["metric"] == "accuracy"

    assert registry.register(project, tracked_params, "accuracy") == [champion], "a second time makes no second version"
    assert len(client.search_model_versions("name = 'timeshare-parity'")) == 1

    (lowest,) = registry.register(project, tracked_params, "accuracy", lowest=True)
    assert lowest[:4] == ("parity", "unshared", 1, 0.25)
    assert lowest.version != champion.version
    assert str(client.get_model_version_by_alias("timeshare-parity", "champion").version) == lowest.version

    with pytest.raises(UserError, match="no result on parity has this metric"):
        registry.register(project, tracked_params, "precision")


def test_a_model_is_fetched_by_run_and_by_alias(
    project: Path, tracked_params: Params, files: Path, members: dict[tuple[str, int], RemoteRun]
) -> None:
    registry.register(project, tracked_params, "accuracy")
    run_id = members["shared", 0].run_id
    expected = load_predictor(files, files)(TEXTS)
    for reference in ("parity@champion", run_id, f"runs:/{run_id}/shared-0", "models:/timeshare-parity@champion"):
        folder = registry.fetch(reference, project, tracked_params)
        np.testing.assert_array_equal(load_predictor(folder, folder)(TEXTS), expected)
    for wrong in ("parity@challenger", "tweets@champion", "0" * 32, "champion", "models:/x/1"):
        with pytest.raises(UserError):
            registry.fetch(wrong, project, tracked_params)
