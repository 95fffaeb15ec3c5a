"""What MLflow's pages show first of an experiment: its training runs, and the columns that tell them apart.

MLflow 3.17 keeps both in the browser: which of its two workflows is shown (GenAI, until the reader says otherwise), and
for each experiment the state of its table. An experiment can bring a state of its own as a saved view, which a link
opens.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

# What begins the name of each experiment of this package.
EXPERIMENTS = "timeshare/"
SAVED_VIEW = "timeshare"
_METRICS = ("accuracy", "order_score", "length_score", "overfit", "shuffle_change", "parameters")
_COLUMNS = [*(f"params.`{name}`" for name in ("model", "seed")), *(f"metrics.`{name}`" for name in _METRICS)]
# Of the table: which columns are there, and in which order, after the run's name.
STATE: dict[str, Any] = {
    "selectedColumns": _COLUMNS,
    "columnOrder": ["attributes.`Run Name`", *_COLUMNS, "runDateAndNestInfo", "duration"],
    "columnWidths": {  # pixels
        "attributes.`Run Name`": 280,
        "runDateAndNestInfo": 150,
        "params.`model`": 190,
        "params.`seed`": 70,
    },
}
# Of all pages. No panel with an assistant opens by itself, and what is clicked is told to nobody.
PAGES = {
    "mlflow.workflowType_v1": "machine_learning",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True,
    "mlflow.settings.telemetry.enabled_v1": False,
    "mlflow.telemetry.info.alert.dismissed_v1": True,
}
# Versions before 3.17 decide by the first which page an experiment opens on; the second is the saved view.
EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    f"mlflow.sharedViewState.{SAVED_VIEW}": json.dumps(
        {"name": "members side by side", "createdAt": 0, "state": json.dumps(STATE)}
    ),
}


def first_visit(repros: Mapping[str, Sequence[str]]) -> str:
    """JavaScript that gives a browser what it has not kept yet of MLflow's pages.

    The reader's own choices stay: they are what is kept. A repro's run that the browser does not know opens on its
    members.

    Args:
        repros: by the id of each experiment, the ids of the runs that stand for a repro.
    """
    tables = {_kept(f"ExperimentPage-{json.dumps([experiment])}"): list(runs) for experiment, runs in repros.items()}
    return f"""
      for (const [key, value] of Object.entries({json.dumps(PAGES)}))
        if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify(value));
      for (const [key, runs] of Object.entries({json.dumps(tables)})) {{
        const kept = JSON.parse(localStorage.getItem(key)) ?? {json.dumps(STATE)};
        const opened = Object.fromEntries(runs.map((run) => [run, true]));
        kept.runsExpanded = {{...opened, ...kept.runsExpanded}};
        localStorage.setItem(key, JSON.stringify(kept));
      }}
    """


def _kept(component: str) -> str:
    """The name under which MLflow's pages keep the state of one of their parts."""
    return f"MLflowLocalStorage-1.1-{component}-ReactComponentState"
