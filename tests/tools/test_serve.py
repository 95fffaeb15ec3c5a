"""`timeshare serve` becomes MLflow's server for one model, on this machine alone and not where `timeshare ui` is."""

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from timeshare.cli import COMMANDS
from timeshare.core.config.errors import UserError
from timeshare.tools import serve
from timeshare.tracking.card import SERVING_PORT
from timeshare.tracking.settings import TrackingSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns of its own code while it is imported.
    from timeshare.tracking import registry


def _ports() -> list[int]:
    """What `ui` and `serve` take by themselves."""
    return [
        argument.keywords["default"]
        for name in ("ui", "serve")
        for argument in COMMANDS[name].arguments
        if argument.name == "--port"
    ]


def test_it_serves_on_this_machine_beside_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def become(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        started.append((" ".join(arguments[1:]), environment["MLFLOW_TRACKING_URI"]))

    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setattr(serve, "load_params", lambda: type("Loaded", (), {"tracking": TrackingSettings()}))
    monkeypatch.setattr(registry, "usable_address", lambda settings, root: "sqlite:///mlflow.db")
    monkeypatch.setattr(registry, "model_address", lambda reference, root, settings: f"models:/timeshare-{reference}")
    monkeypatch.setattr(serve, "check_free", lambda port: None)
    ui, port = _ports()
    assert ui != port == SERVING_PORT
    serve.main("parity@champion", port)
    ((arguments, address),) = started
    assert arguments.startswith("-m mlflow models serve --model-uri models:/timeshare-parity@champion ")
    assert f"--host 127.0.0.1 --port {port}" in arguments
    assert address == "sqlite:///mlflow.db"


def test_a_models_folder_is_told_from_a_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="timeshare register"):
        serve.main(str(tmp_path), SERVING_PORT)
