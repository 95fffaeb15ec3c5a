"""The table of results in README.md, written from report/summary.json: `python docs/readme.py` after a run."""

import json
import re
from pathlib import Path

import yaml

README, SUMMARY, PARAMS = Path("README.md"), Path("report/summary.json"), Path("params.yaml")
COLUMNS = {"accuracy": "accuracy", "order": "order_score", "length": "length_score"}


def table(params: str, summary: str) -> str:
    """One table of the means over the seeds, from the text of params.yaml and of summary.json: a row a model."""
    run, figures = yaml.safe_load(params)["run"], json.loads(summary)
    # A question that a dataset does not pose has no column.
    columns = [
        (dataset, name, metric)
        for dataset in run["datasets"]
        for name, metric in COLUMNS.items()
        if any(metric in figures[dataset].get(model, {}) for model in run["models"])
    ]
    heads = " | ".join(f"{dataset.replace('_', ' ')}: {name}" for dataset, name, _ in columns)
    lines = [f"| model | {heads} |", "| --- |" + " ---: |" * len(columns)]
    for model in run["models"]:
        found = (_means(figures[dataset].get(model, {}), metric) for dataset, _, metric in columns)
        shares = (f"{max(means):.3f}" if means else "" for means in found)
        lines.append(f"| {model} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _means(figures: dict[str, dict[str, float]], metric: str) -> list[float]:
    """The mean of a metric; of the score by length that under each rule past the last step."""
    rules = ("", "/hold", "/cycle") if metric == "length_score" else ("",)
    return [figures[metric + rule]["mean"] for rule in rules if metric + rule in figures]


def filled_in(readme: str, params: str, summary: str) -> str:
    """README.md with the table between its markers."""
    filling = table(params, summary)
    return re.sub(
        r"(<!-- results -->\n).*(<!-- /results -->)",
        lambda match: f"{match[1]}\n{filling}\n\n{match[2]}",
        readme,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    README.write_text(filled_in(*(path.read_text(encoding="utf-8") for path in (README, PARAMS, SUMMARY))), "utf-8")
