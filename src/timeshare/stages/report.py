"""report: summarise the results of the run's members into report/."""

from pathlib import Path

from timeshare.artifacts import whole_directory
from timeshare.config import load_params
from timeshare.report import build


def main() -> None:
    """Write report/index.html, report/summary.json and report/plots/."""
    params = load_params()
    with whole_directory(Path("report")) as folder:
        build(params, Path(), folder)
