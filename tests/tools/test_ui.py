"""`timeshare ui` becomes MLflow's server, on this machine alone, over a database that can be used."""

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from timeshare.core.config.errors import UserError
from timeshare.tools import ui
from timeshare.tracking.settings import TrackingSettings


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's database is there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of its own code while it is imported.
        from timeshare.tracking import registry
    monkeypatch.setattr(registry, "usable_address", lambda settings, root: f"sqlite:///{root.resolve()}/mlflow.db")
    monkeypatch.setattr(registry, "experiments", lambda settings, root: {"timeshare/parity": "7"})
    monkeypatch.setattr(ui, "entry_points", lambda group, name: [name])
    monkeypatch.setattr(ui, "check_free", lambda port: None)


def _settings(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    class Loaded:
        tracking = TrackingSettings(uri=uri)

    monkeypatch.setattr(ui, "load_params", Loaded)


@pytest.mark.usefixtures("address")
def test_the_pages_are_bound_to_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = []

    def become(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        started.append((program, " ".join(arguments[1:]), environment["MLFLOW_BACKEND_STORE_URI"]))

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(os, "execve", become)
    _settings(monkeypatch, "sqlite:///mlflow.db")
    ui.main(port=5077)
    ((program, arguments, address),) = started
    assert program == sys.executable
    assert arguments.startswith("-m mlflow server --app-name timeshare --host 127.0.0.1 --port 5077 ")
    # One click from the training runs of each dataset.
    assert "http://127.0.0.1:5077/#/experiments/7/runs" in capsys.readouterr().out
    assert address == f"sqlite:///{tmp_path}/mlflow.db"


def test_a_server_with_pages_of_its_own_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@host:5000")
    _settings(monkeypatch, "sqlite:///mlflow.db")
    with pytest.raises(UserError, match=r"^the runs are at https://host:5000;"):
        ui.main(port=5077)


@pytest.mark.usefixtures("address")
def test_an_installation_that_does_not_know_the_pages_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(ui, "entry_points", lambda group, name: [])
    _settings(monkeypatch, "sqlite:///mlflow.db")
    with pytest.raises(UserError, match="make setup"):
        ui.main(port=5077)
