"""A trained classifier as an MLflow model: logged, loaded, registered, fetched."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests import tiny
from tests.committed import ROOT
from tests.packages import installed
from tests.tracking.runs import run_identity
from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.core.seeding import torch_generator
from timeshare.evaluate.text_classifier import load_text_classifier
from timeshare.models.saved import Blueprint, save_classifier
from timeshare.models.settings import RecurrentSettings
from timeshare.tracking import model, registry
from timeshare.tracking.identity import RemoteRun, SeedRun
from timeshare.tracking.server import Server
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.spool import Session, SessionWriter
from timeshare.tracking.tracker import Tracker
from timeshare.tracking.workplace import Workplace

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    from mlflow import MlflowClient

# mlflow uses what its libraries deprecate; it warns that what is installed differs in build from what was asked for.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
TEXTS = ["0 1 1", "1", "0 0 1 0"]


@pytest.fixture
def tracking(database: str) -> TrackingSettings:
    """With the database as server."""
    return TrackingSettings(uri=database)


def files_of(database: str, run: RemoteRun) -> str:
    """The folder of the MLflow model that a run has logged."""
    found = model.newest(MlflowClient(database), run.run_id)
    assert found is not None
    return str(mlflow.artifacts.download_artifacts(found.artifact_location))


def test_the_model_answers_as_the_classifier_does(database: str, logged: RemoteRun, files: Path) -> None:
    loaded = mlflow.pyfunc.load_model(files_of(database, logged))
    classifier = load_text_classifier(files, files)
    expected = classifier(TEXTS)
    answers = loaded.predict(TEXTS)
    assert [answer.label for answer in answers] == [classifier.classes[index] for index in expected.argmax(1)]
    np.testing.assert_array_equal([list(answer.probabilities.values()) for answer in answers], expected.astype(float))
    assert list(answers[0].probabilities) == list(classifier.classes)
    assert loaded.predict([]) == []


def test_the_model_has_signature_example_requirements_and_no_pickle(database: str, logged: RemoteRun) -> None:
    folder = Path(files_of(database, logged))
    description = mlflow.models.Model.load(folder)
    assert description.signature.inputs.to_dict() == [{"type": "string", "required": True}]
    assert description.load_input_example(folder) == ["0 1 1"]
    # No package index has timeshare, nor a local build of torch.
    requirements = (folder / "requirements.txt").read_text().splitlines()
    assert "torch" in {line.partition("==")[0] for line in requirements}
    assert not [line for line in requirements if line.startswith("timeshare") or "+" in line]
    assert sorted(path.name for path in (folder / "artifacts" / "model").iterdir()) == [
        "meta.json",
        "model.json",
        "model.safetensors",
        "vocab.json",
    ]
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert suffixes <= {"", ".py", ".zip", ".json", ".yaml", ".txt", ".safetensors"}


@pytest.mark.thorough
def test_the_model_runs_where_its_requirements_are_and_timeshare_is_not(
    database: str, logged: RemoteRun, files: Path, tmp_path: Path
) -> None:
    shutil.copytree(files_of(database, logged), tmp_path / "elsewhere")
    wanted = (tmp_path / "elsewhere" / "requirements.txt").read_text().splitlines()
    packages = installed(wanted, tmp_path / "packages")
    script = (
        "import importlib.util, json, sys, mlflow.pyfunc\n"
        "assert importlib.util.find_spec('timeshare') is None\n"
        "answers = mlflow.pyfunc.load_model('elsewhere').predict(json.loads(sys.argv[1]))\n"
        "print(json.dumps([list(answer.probabilities.values()) for answer in answers]))\n"
    )
    # -S: without the packages of this environment, timeshare among them.
    done = subprocess.run(
        [sys.executable, "-S", "-W", "ignore", "-c", script, json.dumps(TEXTS)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    expected = load_text_classifier(files, files)(TEXTS).astype(float)
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), expected, rtol=0, atol=1e-6)


def test_the_address_stays_with_its_model(
    database: str, logged: RemoteRun, project: Path, tracking: TrackingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set in the process or the environment it would win over the params of whatever is done next."""
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "sqlite:///mine.db")
    registry.fetch(logged.run_id, project, tracking)
    assert os.environ["MLFLOW_REGISTRY_URI"] == "sqlite:///mine.db"
    assert database not in (mlflow.get_tracking_uri(), mlflow.get_registry_uri())
    assert not [name for name, value in os.environ.items() if name.startswith("MLFLOW_") and database in value]
    assert "MLFLOW_EXPERIMENT_ID" not in os.environ


def test_logged_twice_it_is_there_once(database: str, logged: RemoteRun, files: Path, tmp_path: Path) -> None:
    """As after a crash between sending and recording that it was sent."""
    client = MlflowClient(database)
    model.log(database, logged, files, example="0 1 1", step=0)
    assert len(client.search_logged_models([logged.experiment_id])) == 1
    changed = tmp_path / "model"
    shutil.copytree(files, changed)
    (changed / "vocab.json").write_text((files / "vocab.json").read_text() + "\n")
    model.log(database, logged, changed, example="0 1 1", step=0)
    assert len(client.search_logged_models([logged.experiment_id])) == 2


def test_a_runs_name_may_have_what_a_models_may_not(database: str, project: Path, files: Path) -> None:
    run = Server(database, project).run(run_identity("shared training.learning_rate=0.01, seed 0"), started=0)
    model.log(database, run, files, example="0 1 1", step=0)
    found = model.newest(MlflowClient(database), run.run_id)
    assert found is not None
    assert found.name == "shared training_learning_rate=0_01, seed 0"


def test_the_model_has_the_figures_of_its_step_and_of_its_evaluation(database: str, project: Path, files: Path) -> None:
    identity = run_identity()
    server = Server(database, project)
    run = server.run(identity, started=0)
    losses = [{"event": "metrics", "time": step, "step": step, "values": {"loss": 1.0 / step}} for step in (1, 2, 3)]
    shutil.copytree(files, project / "model")
    logging = {"event": "model", "path": "model", "example": "0 1 1", "step": 2}
    server.send(run, [*losses, logging], project)
    evaluation = server.run(replace(identity, adds=True), started=0)
    for _ in range(2):
        server.send(evaluation, [{"event": "metrics", "time": 9, "step": 0, "values": {"accuracy": 0.75}}], project)
    found = model.newest(MlflowClient(database), run.run_id)
    assert found is not None
    assert sorted((figure.key, figure.value) for figure in found.metrics) == [("accuracy", 0.75), ("loss", 0.5)]
    assert [point.step for point in MlflowClient(database).get_metric_history(run.run_id, "loss")] == [1, 2, 3]


@pytest.mark.parametrize("module", ["pair_scheme", "data.files.pair_scheme"])
def test_a_model_brings_the_file_of_its_own_scheme_along(
    database: str, project: Path, prepared: Path, blueprint: Blueprint, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = project / f"{module.replace('.', '/')}.py"
    code.parent.mkdir(parents=True, exist_ok=True)
    code.write_text(tiny.OWN_SCHEME)
    monkeypatch.chdir(project)
    # Without this checkout's folder, whose data/files is its user's.
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place not in ("", str(ROOT))])
    for name in ("pair_scheme", "data", "data.files", "data.files.pair_scheme"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    own = RecurrentSettings(encoder="lstm", embedding_size=4, hidden_size=6, sharing=f"{module}:Pair")
    made = replace(blueprint, settings=own)
    session = SessionWriter(project / "spool", {})
    save_classifier(project, made, made.build(torch_generator(0)))
    files = [project / "model.json", project / "model.safetensors", prepared / "vocab.json", prepared / "meta.json"]
    Tracker(session, Workplace(project)).model(files, example="0 1 1", code=code)
    session.close()
    server = Server(database, project)
    run = server.run(run_identity(), started=0)
    server.send(run, [event for event, _ in Session(session.folder).events(0)], session.folder)
    folder = files_of(database, run)
    # Where it is loaded, the project is not at hand.
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place != str(project)])
    for name in ("data.files.pair_scheme", "data.files", "data", "pair_scheme"):
        sys.modules.pop(name, None)
    assert len(mlflow.pyfunc.load_model(folder).predict(TEXTS)) == len(TEXTS)
    assert Path(str(sys.modules[module].__file__)).is_relative_to(folder)


@pytest.fixture
def seed_runs(database: str, project: Path, files: Path) -> list[SeedRun]:
    """Four seeds with results, of which the model of each is logged."""
    scores = {("shared", 0): 0.5, ("shared", 1): 0.9, ("unshared", 0): 0.9, ("unshared", 1): 0.25}
    rows = []
    for (name, seed), accuracy in scores.items():
        run = Server(database, project).run(run_identity(f"{name}-{seed}", key=f"{name}{seed}"), started=0)
        model.log(database, run, files, example="0 1 1", step=0)
        write_json(project / "results/parity" / name / str(seed) / "metrics.json", {"accuracy": accuracy})
        rows.append(SeedRun("parity", name, seed, "up to date", f"{name}{seed}", run.run_id))
    return rows


def test_the_best_is_registered_as_champion(
    database: str, project: Path, tracking: TrackingSettings, seed_runs: list[SeedRun]
) -> None:
    (champion,) = registry.register(project, tracking, seed_runs, "accuracy", lowest=False)
    assert (champion.seed_run.model, champion.seed_run.seed, champion.value) == ("shared", 1, 0.9), (
        "of equals, the first"
    )
    client = MlflowClient(database)
    version = client.get_model_version_by_alias("timeshare-parity", "champion")
    assert version.run_id == seed_runs[1].run_id
    assert version.tags["metric"] == "accuracy"

    again = registry.register(project, tracking, seed_runs, "accuracy", lowest=False)
    assert again == [champion], "a second time makes no second version"
    assert len(client.search_model_versions("name = 'timeshare-parity'")) == 1

    (lowest,) = registry.register(project, tracking, seed_runs, "accuracy", lowest=True)
    assert (lowest.seed_run.model, lowest.seed_run.seed, lowest.value) == ("unshared", 1, 0.25)
    assert lowest.version != champion.version
    assert str(client.get_model_version_by_alias("timeshare-parity", "champion").version) == lowest.version

    with pytest.raises(UserError, match="no result on parity has this metric"):
        registry.register(project, tracking, seed_runs, "precision", lowest=False)


def test_the_best_by_validation_is_found_where_training_left_it(
    project: Path, tracking: TrackingSettings, seed_runs: list[SeedRun]
) -> None:
    for one, loss in zip(seed_runs, (0.3, 0.2, 0.1, 0.4), strict=True):
        write_json(project / "models/parity" / one.model / str(one.seed) / "metrics.json", {"valid_loss": loss})
    (champion,) = registry.register(project, tracking, seed_runs, "valid_loss", lowest=True)
    assert (champion.seed_run.model, champion.seed_run.seed, champion.value) == ("unshared", 0, 0.1)


def test_a_model_is_fetched_by_run_and_by_alias(
    project: Path, tracking: TrackingSettings, files: Path, seed_runs: list[SeedRun]
) -> None:
    registry.register(project, tracking, seed_runs, "accuracy", lowest=False)
    run_id = seed_runs[0].run_id
    expected = load_text_classifier(files, files)(TEXTS)
    for reference in ("parity@champion", run_id, f"runs:/{run_id}/shared-0", "models:/timeshare-parity@champion"):
        folder = registry.fetch(reference, project, tracking)
        np.testing.assert_array_equal(load_text_classifier(folder, folder)(TEXTS), expected)
    for wrong in ("parity@challenger", "tweets@champion", "0" * 32, "champion", "models:/x/1"):
        with pytest.raises(UserError):
            registry.fetch(wrong, project, tracking)
