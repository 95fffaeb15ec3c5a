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


def _settings(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    class Loaded:
        tracking = TrackingSettings(uri=uri)

    monkeypatch.setattr(ui, "load_params", Loaded)


@pytest.mark.usefixtures("address")
def test_the_pages_are_bound_to_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
    assert arguments.startswith("-m mlflow ui --host 127.0.0.1 --port 5077 ")
    assert address == f"sqlite:///{tmp_path}/mlflow.db"


def test_a_server_with_pages_of_its_own_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@host:5000")
    _settings(monkeypatch, "sqlite:///mlflow.db")
    with pytest.raises(UserError, match=r"^the runs are at https://host:5000;"):
        ui.main(port=5077)
