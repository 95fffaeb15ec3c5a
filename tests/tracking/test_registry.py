"""What `register` and `predict NAME@champion` say where the server, the database or a run is not as it should be."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.tracking import registry
from timeshare.tracking.identity import RemoteRun, SeedRun
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.store import ARTIFACTS

# mlflow uses what its libraries deprecate.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
Ask = Callable[[Path, TrackingSettings], Any]


def seed_run(project: Path, dataset: str = "parity", run_id: str = "", **metrics: object) -> SeedRun:
    write_json(project / "results" / dataset / "shared/0/metrics.json", {"accuracy": 0.5, **metrics})
    return SeedRun(dataset, "shared", 0, "up to date", "a" * 64, run_id)


def register(project: Path, settings: TrackingSettings, *seed_runs: SeedRun, unsent: str = "") -> Any:
    return registry.register(project, settings, seed_runs, "accuracy", lowest=False, unsent=unsent)


def _register_one(project: Path, settings: TrackingSettings) -> Any:
    return register(project, settings, seed_run(project))


def _fetch(project: Path, settings: TrackingSettings) -> Any:
    return registry.fetch("parity@champion", project, settings)


def said(ask: Callable[[], Any]) -> str:
    """The one line that is raised."""
    with pytest.raises(UserError) as caught:
        ask()
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("ask", [_register_one, _fetch])
def test_a_server_that_is_down_is_named_with_the_cause(project: Path, ask: Ask) -> None:
    before = dict(os.environ)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    for scheme in ("http", "postgresql"):
        message = said(lambda scheme=scheme: ask(project, TrackingSettings(uri=f"{scheme}://me:secret@{place}")))
        assert message.startswith(f"{scheme}://{place}: cannot be reached: ")
        assert "refused" in message
    assert dict(os.environ) == before


@pytest.mark.parametrize("ask", [_register_one, _fetch, lambda root, settings: registry.usable_address(settings, root)])
def test_where_there_is_no_database_none_is_made(project: Path, ask: Ask) -> None:
    message = said(lambda: ask(project, TrackingSettings()))
    assert message.startswith("sqlite:///mlflow.db: is not there; train with tracking.enabled")
    assert not (project / "mlflow.db").exists()


def test_an_address_of_the_environment_is_checked_first(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "localhost:5000")
    assert said(lambda: _fetch(project, TrackingSettings())) == (
        "MLFLOW_TRACKING_URI: lacks its scheme; give http://localhost:5000"
    )


def test_a_run_that_is_not_there_is_told_from_one_that_is_not_sent_or_not_tracked(
    database: str, project: Path, logged: RemoteRun
) -> None:
    settings = TrackingSettings(uri=database)
    assert "was not tracked" in said(lambda: register(project, settings, seed_run(project)))
    away = "http://host: cannot be reached: Connection refused"
    message = said(lambda: register(project, settings, seed_run(project), unsent=away))
    assert away in message
    assert "not tracked" not in message
    assert "is not there" in said(lambda: register(project, settings, seed_run(project, run_id="0" * 32)))
    MlflowClient(database).delete_run(logged.run_id)
    assert "is deleted" in said(lambda: register(project, settings, seed_run(project, run_id=logged.run_id)))


def test_nothing_is_registered_unless_all_can_be(database: str, project: Path, logged: RemoteRun) -> None:
    seed_runs = [seed_run(project, run_id=logged.run_id), seed_run(project, "tweets")]
    said(lambda: register(project, TrackingSettings(uri=database), *seed_runs))
    assert MlflowClient(database).search_registered_models() == []
    (champion,) = register(project, TrackingSettings(uri=database), seed_runs[0])
    (registered,) = MlflowClient(database).search_registered_models()
    version = MlflowClient(database).get_model_version(champion.name, champion.version)
    assert registered.description == version.description
    assert "timeshare serve parity@champion" in str(registered.description)
    assert "0 1 1" in str(registered.description)  # the text that was logged with the model as its example


def test_a_champion_that_is_missing_leads_to_register_and_a_misspelt_one_to_its_name(
    database: str, project: Path, logged: RemoteRun
) -> None:
    settings = TrackingSettings(uri=database)
    assert "`timeshare register`" in said(lambda: registry.fetch("parity@champion", project, settings))
    register(project, settings, seed_run(project, run_id=logged.run_id))
    for name in ("partiy@champion", "parity@champoin"):
        message = said(lambda name=name: registry.fetch(name, project, settings))
        assert message.startswith(f"{name}: ")
        assert message.endswith("(did you mean parity@champion?)")


# A process that registers a model, in children that kill themselves at another write, and then once more.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from timeshare.tracking import registry
from timeshare.tracking.identity import SeedRun
from timeshare.tracking.settings import TrackingSettings

def status_of_child(left):
    child = os.fork()
    if child == 0:
        def killing(connection, cursor=None, statement="COMMIT", *rest):
            nonlocal left
            if statement.partition(" ")[0] in ("INSERT", "UPDATE", "DELETE", "COMMIT"):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", killing)
        event.listen(Engine, "commit", killing)
        seed_run = SeedRun("parity", "shared", 0, "up to date", "a" * 64, sys.argv[1])
        registry.register(Path(), TrackingSettings(), [seed_run], "accuracy", lowest=False)
        client = registry.MlflowClient("sqlite:///mlflow.db")
        (model,) = client.search_registered_models()
        (version,) = client.search_model_versions()
        assert model.aliases == {"champion": version.version}, model
        assert {"metric", "value", "model", "seed"} <= set(version.tags), version
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

at, status = 1, -9
while status == -9:
    shutil.copy("before.db", "mlflow.db")
    status = status_of_child(at)
    assert status == 0 or (status, status_of_child(-1)) == (-9, 0), at
    at += 3
print(at)
"""


@pytest.mark.thorough
def test_killed_at_any_write_it_registers_whole_when_called_again(
    database: str, project: Path, logged: RemoteRun
) -> None:
    seed_run(project)
    (project / "mlflow.db").rename(project / "before.db")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, logged.run_id],
        cwd=project, env={**os.environ, "PYTHONPATH": str(Path("src").absolute())},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_a_champion_follows_its_project_and_is_named_when_its_files_are_gone(
    database: str, project: Path, logged: RemoteRun
) -> None:
    register(project, TrackingSettings(uri=database), seed_run(project, run_id=logged.run_id))
    moved = project.rename(project.with_name("moved"))
    assert _fetch(moved, TrackingSettings()).is_relative_to(moved)
    for path in (moved / ARTIFACTS).rglob("*"):
        assert not path.is_file() or str(project) not in path.read_text(errors="replace"), path
    shutil.rmtree(moved / ARTIFACTS / "models")
    message = said(lambda: _fetch(moved, TrackingSettings()))
    assert message.startswith("parity@champion: ")
    assert "register" in message


@pytest.mark.parametrize("content", [["accuracy"], {"accuracy": "high"}, {"accuracy": None}])
def test_results_that_are_damaged_are_named(project: Path, content: object) -> None:
    damaged = seed_run(project)
    path = project / "results/parity/shared/0/metrics.json"
    write_json(path, content)
    with pytest.raises(UserError, match=r"metrics\.json: is damaged"):
        damaged.metrics(project, "results")
