"""What MLflow's pages are told to show first."""

import warnings
from pathlib import Path

import pytest
from mlflow import MlflowClient

from timeshare.tracking import view

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # mlflow warns of its own code while it is imported.
    from mlflow.server import app as mlflow_app
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    from timeshare.tracking.pages import create_app

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def test_the_installed_mlflow_keeps_the_state_of_its_pages_under_these_names() -> None:
    """They are no documented interface: another version may have others, and opens its pages as it likes."""
    scripts = Path(str(mlflow_app.static_folder), "static/js")
    code = (next(scripts.glob("main.*.js"))).read_text(encoding="utf-8")
    names = [
        *("MLflowLocalStorage", "ReactComponentState", "machine_learning", "mlflow.sharedViewState."),
        *("viewStateShareKey", "workflowType", "runsExpanded"),
        *view.STATE,
        *(name.removesuffix("_v1") for name in view.PAGES),
    ]
    assert [name for name in names if name not in code] == []


def test_the_first_page_knows_this_packages_experiments_and_their_repros(
    database: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = MlflowClient(database)
    ours, _other = (client.create_experiment(name) for name in ("timeshare/parity", "another"))
    repro = client.create_run(ours, tags={"timeshare.kind": "repro"}).info.run_id
    member = client.create_run(ours).info.run_id
    store = SqlAlchemyStore(database, (project / "mlartifacts").as_uri())
    monkeypatch.setattr("timeshare.tracking.pages._get_tracking_store", lambda: store)
    first, *_ = create_app().router.routes
    page = first.endpoint()
    assert first.path == "/"
    assert page.index("localStorage") < page.index("static-files/static/js/main")
    assert f'ExperimentPage-[\\"{ours}\\"]' in page
    assert repro in page
    assert member not in page
