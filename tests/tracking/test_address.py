"""What is taken for the address of a server or database, and what it stands for."""

from pathlib import Path

import pytest

from timeshare.core.config.errors import UserError
from timeshare.tracking.address import checked, configured_address, database_file, resolved, without_credentials
from timeshare.tracking.settings import TrackingSettings


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("file:///tmp/mlruns", "is of the scheme 'file'"),
        ("htps://host", "is of the scheme 'htps'"),
        ("https//host", "is no address"),
        ("localhost:5000", "give http://localhost:5000"),
        ("127.0.0.1:5000/path", "give http://127.0.0.1:5000/path"),
        ("me:secret@host:5000", "is of the scheme 'me'"),
        ("http://", "names no host"),
        ("http:///experiments", "names no host"),
        ("http://host:port", "no valid host and port"),
        ("http://host:99999", "no valid host and port"),
        ("http://host:0", "no valid host and port"),
        ("http://my host:5000", "no valid host and port"),
        ("http://host:5000\n", "no valid host and port"),
        ("postgresql://me:secret/more@host/db", "no valid host and port"),
        ("postgresql://[::1/db", "no valid host and port"),
        ("sqlite://mlflow.db", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////srv/", "names no file"),
    ],
)
def test_a_mistyped_address_is_refused_wherever_it_stands(
    address: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for refuse, error in (
        (lambda: checked(address), ValueError),
        (_of_the_environment(address, monkeypatch), UserError),
    ):
        with pytest.raises(error) as caught:
            refuse()
        assert what in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)


def _of_the_environment(address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    return lambda: configured_address(TrackingSettings())


def test_that_of_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrackingSettings(uri="http://host")
    assert configured_address(settings) == "http://host"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert configured_address(settings) == "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("sqlite:///mlflow.db", "sqlite:////home/me/project/mlflow.db"),
        ("sqlite+pysqlite:///runs/my.db?timeout=3", "sqlite+pysqlite:////home/me/project/runs/my.db?timeout=3"),
        ("sqlite:////srv/mlflow.db", "sqlite:////srv/mlflow.db"),
        ("postgresql://host/mlflow", "postgresql://host/mlflow"),
    ],
)
def test_the_path_of_a_file_starts_at_the_project(address: str, meant: str) -> None:
    assert resolved(address, Path("/home/me/project")) == meant


@pytest.mark.parametrize("name", ["a%20b", "a%2Fb", "a?b", "a#b", "a b", "é日", "100%"])
def test_a_file_is_found_whatever_its_folder_is_called(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / name
    project.mkdir()
    for folder in (project, tmp_path):
        monkeypatch.chdir(folder)
        file = database_file(resolved("sqlite:///mlflow.db", project))
        assert file is not None
        assert file.resolve() == project / "mlflow.db"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:secret@db.example:5432/mlflow", "postgresql://db.example:5432/mlflow"),
        ("https://me:p@ss@host/", "https://host/"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("sqlite:////home/me@work/mlflow.db", "sqlite:////home/me@work/mlflow.db"),
    ],
)
def test_credentials_are_not_shown(address: str, shown: str) -> None:
    assert without_credentials(address) == shown
