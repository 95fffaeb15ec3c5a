"""What a browser's first visit to MLflow's pages sets, and that it leaves alone what a reader has chosen."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import MARKS, Tab
from timeshare.tracking.view import STATE, first_visit

TABLE = 'MLflowLocalStorage-1.1-ExperimentPage-["3"]-ReactComponentState'
WORKFLOW = "mlflow.workflowType_v1"

pytestmark = MARKS


def test_a_first_visit_opens_on_the_training_runs(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with Tab.open(tmp_path_factory.mktemp("profile")) as tab:

        def visited(before: dict[str, Any]) -> dict[str, Any]:
            """What the browser keeps after a visit, by key."""
            kept = {key: json.dumps(value) for key, value in before.items()}
            page = tmp_path / f"{len(before)}.html"
            page.write_text(
                f"<script>Object.assign(localStorage, {json.dumps(kept)}); {first_visit({'3': ['new', 'old']})}"
                "document.title = 'done'; onload = () => { document.body.innerText = JSON.stringify(localStorage); }"
                "</script><body></body>"
            )
            tab.show(page, 800, 600, "light")
            tab.wait_for(f"location.href.endsWith('{page.name}') && document.body?.innerText.includes('mlflow')")
            found = {key: json.loads(value) for key, value in tab.evaluate("({...localStorage})").items()}
            tab.evaluate("localStorage.clear()")
            return found

        first = visited({})
        assert first[WORKFLOW] == "machine_learning"
        assert first[TABLE] == STATE | {"runsExpanded": {"new": True, "old": True}}
        assert first["mlflow.settings.telemetry.enabled_v1"] is False
        chosen = visited({WORKFLOW: "genai", TABLE: {"selectedColumns": ["a"], "runsExpanded": {"old": False}}})
        assert chosen[WORKFLOW] == "genai"
        assert chosen[TABLE] == {"selectedColumns": ["a"], "runsExpanded": {"new": True, "old": False}}
