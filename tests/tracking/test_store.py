"""A database that cannot be used is told at once and why; one that was moved finds its artifacts."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.tracking.runs import run_identity
from timeshare.tracking.server import Server
from timeshare.tracking.store import ARTIFACTS, UnusableStoreError, prepare

# mlflow uses what its libraries deprecate.
ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def _another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE studies (name TEXT)")


def _of_schema(version: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE alembic_version SET version_num = ?", (version,))

    return change


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


BROKEN = {
    "in a folder that is not there": (lambda path: shutil.rmtree(path.parent), "is no folder; make it"),
    "no database": (lambda path: path.write_text("no database\n" * 200), "file is not a database"),
    "a folder": (_folder, "unable to open database file"),
    "of another program": (_another_program, "is the database of another program"),
    "of an older MLflow": (_of_schema("451aebb31d03"), "mlflow db upgrade 'sqlite:///"),
    "of a newer MLflow": (_of_schema("0123456789ab"), "newer MLflow than the installed"),
}


@pytest.mark.parametrize("create", [True, False], ids=["to record", "to read"])
@pytest.mark.parametrize("case", BROKEN)
def test_what_keeps_a_database_from_being_used_is_said_and_the_file_let_be(
    empty_database: Path, tmp_path: Path, case: str, create: bool
) -> None:
    breaks, what = BROKEN[case]
    path = tmp_path / "runs" / "mlflow.db"
    path.parent.mkdir()
    shutil.copy(empty_database, path)
    breaks(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UnusableStoreError) as caught:
        prepare(f"sqlite:///{path}", tmp_path, create)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_to_read_no_database_is_made(tmp_path: Path) -> None:
    with pytest.raises(UnusableStoreError, match="is not there"):
        prepare(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path, create=False)
    assert not list(tmp_path.iterdir())


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").touch()
    prepare(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path, create=True)
    prepare(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path, create=False)


@pytest.mark.parametrize("scheme", ["mysql", "mysql+nosuch", "postgresql+nosuch"])
def test_a_driver_that_is_not_installed_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    name = "nosuch" if "nosuch" in scheme else "MySQLdb"
    with pytest.raises(UnusableStoreError, match=f"driver is not installed .*{name}") as caught:
        prepare(f"{scheme}://me:secret@127.0.0.1:1/mlflow", tmp_path, create=True)
    assert "secret" not in str(caught.value)


@pytest.fixture
def recorded_project(database: str, project: Path) -> Path:
    """A project with a run that has an artifact, a logged model, and a registered one."""
    client = MlflowClient(database)
    server = Server(database, project)
    run = server.run(run_identity(), started=0)
    (project / "page.html").write_text("page")
    server.send(run, [{"event": "artifact", "path": "page.html", "folder": ""}], project)
    model = client.create_logged_model(run.experiment_id, "shared-0", run.run_id)
    client.log_model_artifacts(model.model_id, str(project / ARTIFACTS / run.run_id / "artifacts"))
    client.finalize_logged_model(model.model_id, "READY")
    client.create_registered_model("timeshare-parity")
    client.create_model_version("timeshare-parity", model.artifact_location, run.run_id)
    return project


def _texts(project: Path) -> str:
    """All text of the database."""
    with closing(sqlite3.connect(project / "mlflow.db")) as database:
        return "\n".join(database.iterdump())


def test_a_renamed_project_finds_its_artifacts(recorded_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert str(recorded_project) in _texts(recorded_project)
    moved = recorded_project.rename(recorded_project.with_name("moved"))
    address = f"sqlite:///{moved / 'mlflow.db'}"
    for said in (1, 0):
        server = Server(address, moved)
        assert capsys.readouterr().err.count(f"was in {recorded_project}") == said
    run = server.run(run_identity(), started=0)
    client = MlflowClient(address)
    assert Path(client.download_artifacts(run.run_id, "page.html")).read_text() == "page"
    version = client.get_model_version("timeshare-parity", "1")
    for place in (version.source, client.get_model_version_download_uri("timeshare-parity", "1")):
        assert place.startswith((moved / ARTIFACTS).as_uri())
    other = server.run(run_identity("shared-1", key="1" * 64), started=0)
    server.send(other, [{"event": "artifact", "path": "page.html", "folder": ""}], moved)
    assert (moved / ARTIFACTS / other.run_id / "artifacts/page.html").exists()
    assert f"{recorded_project}/" not in _texts(moved)
    assert not recorded_project.exists()


def test_a_copy_and_its_original_have_artifacts_of_their_own(recorded_project: Path) -> None:
    copy = recorded_project.with_name("copy")
    shutil.copytree(recorded_project, copy)
    for project in (copy, recorded_project):
        address = f"sqlite:///{project / 'mlflow.db'}"
        server = Server(address, project)
        run = server.run(run_identity("shared-1", key=project.name.ljust(64, "0")), started=0)
        server.send(run, [{"event": "artifact", "path": "page.html", "folder": ""}], project)
        assert (project / ARTIFACTS / run.run_id / "artifacts/page.html").exists()
    assert f"{recorded_project}/" not in _texts(copy)
    assert f"{copy}/" not in _texts(recorded_project)


# In a process of its own, as the sender and the commands are: MLflow keeps a connection for each address.
ODDLY_NAMED = """
import shutil, sys
from pathlib import Path
from mlflow import MlflowClient
from tests.tracking.runs import run_identity
from timeshare.tracking.server import Server

server = Server("sqlite:///mlflow.db", Path().resolve())
run = server.run(run_identity(), started=0)
Path("page.html").write_text("page")
shutil.copytree(sys.argv[1], "model", dirs_exist_ok=True)
page = {"event": "artifact", "path": "page.html", "folder": "again"}
server.send(run, [page, {"event": "model", "path": "model", "example": "0 1", "step": 0}], Path())
client = MlflowClient(server.address)
assert [entry.path for entry in client.list_artifacts(run.run_id, "again")] == ["again/page.html"]
print(client.get_run(run.run_id).info.artifact_uri)
"""


@pytest.mark.thorough
def test_a_project_in_a_folder_of_an_odd_name(tmp_path: Path, files: Path) -> None:
    before = tmp_path / "a%20b%2Fc?d#é f"
    before.mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    for project in (before, tmp_path / "100% ?"):
        before.rename(project)
        command = [sys.executable, "-W", "ignore", "-c", ODDLY_NAMED, str(files)]
        ran = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.startswith((project / ARTIFACTS).as_uri())
        assert [path.name for path in tmp_path.iterdir()] == [project.name]
        assert len(list(project.glob("mlartifacts/*/artifacts/again/page.html"))) == 1
        assert len(list(project.glob("mlartifacts/models/*/artifacts/artifacts/model/model.safetensors"))) == 1


def test_artifacts_that_somebody_keeps_elsewhere_stay_there(database: str, project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk" / ARTIFACTS
    elsewhere.mkdir(parents=True)
    MlflowClient(database).create_experiment("timeshare/parity", elsewhere.as_uri())
    run = Server(database, project).run(run_identity(), started=0)
    assert MlflowClient(database).get_run(run.run_id).info.artifact_uri.startswith(elsewhere.as_uri())


def test_a_moved_database_that_cannot_be_written_is_refused(
    recorded_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = recorded_project.rename(recorded_project.with_name("moved"))
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda file, **options: connect(f"file:{file}?mode=ro", uri=True, **options)
    )
    with pytest.raises(UnusableStoreError, match=f"{recorded_project}.*readonly"):
        prepare(f"sqlite:///{moved / 'mlflow.db'}", moved, create=False)
