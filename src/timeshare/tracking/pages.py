"""MLflow's own server with another first page: the same, but that a browser's first visit opens on the training runs.

`mlflow server --app-name timeshare` runs it (the entry point mlflow.app in pyproject.toml).
"""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from mlflow.entities import ViewType
from mlflow.server import app as flask_app
from mlflow.server.fastapi_app import create_fastapi_app
from mlflow.server.handlers import _get_tracking_store

from timeshare.tracking.view import EXPERIMENTS, first_visit

# Of an experiment, the newest.
_MOST_REPROS = 50


def create_app() -> FastAPI:
    """The server's application."""
    app = create_fastapi_app()
    app.add_api_route("/", _first_page, response_class=HTMLResponse)
    # Routes are asked in their order, and the last one of MLflow's takes every address.
    app.router.routes.insert(0, app.router.routes.pop())
    return app


def _first_page() -> str:
    """MLflow's page, with what a first visit sets before it runs."""
    page = (Path(str(flask_app.static_folder)) / "index.html").read_text(encoding="utf-8")
    store = _get_tracking_store()
    found = store.search_experiments(filter_string=f"name LIKE '{EXPERIMENTS}%'")
    repros = {
        experiment.experiment_id: [
            run.info.run_id
            for run in store.search_runs(
                [experiment.experiment_id], "tags.`timeshare.kind` = 'repro'", ViewType.ACTIVE_ONLY, _MOST_REPROS
            )
        ]
        for experiment in found
    }
    return page.replace("<head>", f"<head><script>{first_visit(repros)}</script>", 1)
