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


def results(params: str, summary: str) -> str:
    """The tables, a dataset each, of the means over the seeds, from the text of params.yaml and of summary.json."""
    run, figures = yaml.safe_load(params)["run"], json.loads(summary)
    return "\n".join(_table(dataset, figures[dataset], run["models"]) for dataset in run["datasets"])


def _table(dataset: str, figures: dict[str, Any], models: list[str]) -> str:
    # A question that a dataset does not pose has no column.
    columns = {
        name: metric for name, metric in COLUMNS.items() if any(metric in figures.get(model, {}) for model in models)
    }
    lines = [f"**{dataset}**", "", f"| model | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for model in models:
        values = [_value(metric, figures[model].get(metric)) for metric in columns.values()]
        lines.append(f"| {model} | {' | '.join(values)} |")
    return "\n".join([*lines, ""])


def _value(metric: str, figure: dict[str, float] | None) -> str:
    if figure is None:
        return ""
    return f"{figure['mean']:,.0f}" if metric == "parameters" else f"{figure['mean']:.3f}"


def filled_in(readme: str, params: str, summary: str) -> str:
    """README.md with the tables between its markers."""
    tables = results(params, summary)
    return re.sub(
        r"(<!-- results -->\n).*(<!-- /results -->)",
        lambda match: f"{match[1]}\n{tables}\n{match[2]}",
        readme,
        flags=re.S,
    )


if __name__ == "__main__":
    README.write_text(filled_in(*(path.read_text(encoding="utf-8") for path in (README, PARAMS, SUMMARY))), "utf-8")
