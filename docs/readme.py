"""The table of results in README.md, written from report/summary.json: `python docs/readme.py` after a run."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

README, SUMMARY, PARAMS = Path("README.md"), Path("report/summary.json"), Path("params.yaml")
COLUMNS = {
    "accuracy": "accuracy",
    "overfit": "overfit",
    "order score": "order_score",
    "length score": "length_score",
    "position gap": "position_gap",
    "changed by a shuffle": "shuffle_change",
    "parameters": "parameters",
}


def results() -> str:
    """The tables, a dataset each, of the means over the seeds."""
    run = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))["run"]
    summary = json.loads(SUMMARY.read_text(encoding="utf-8"))
    return "\n".join(_table(dataset, summary[dataset], run["models"]) for dataset in run["datasets"])


def _table(dataset: str, figures: dict[str, Any], models: list[str]) -> str:
    # A question that a dataset does not pose has no column.
    columns = {
        name: metric for name, metric in COLUMNS.items() if any(metric in figures.get(model, {}) for model in models)
    }
    lines = [f"**{dataset}**", "", f"| model | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for model in models:
        cells = [_cell(metric, figures[model].get(metric)) for metric in columns.values()]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _cell(metric: str, figure: dict[str, float] | None) -> str:
    if figure is None:
        return ""
    return f"{figure['mean']:,.0f}" if metric == "parameters" else f"{figure['mean']:.3f}"


def filled_in(readme: str) -> str:
    """README.md with the tables between its markers."""
    return re.sub(
        r"(<!-- results -->\n).*(<!-- /results -->)",
        lambda match: f"{match[1]}\n{results()}\n{match[2]}",
        readme,
        flags=re.S,
    )


if __name__ == "__main__":
    README.write_text(filled_in(README.read_text(encoding="utf-8")), encoding="utf-8")
