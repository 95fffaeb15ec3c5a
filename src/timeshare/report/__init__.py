"""The report: tables, statistics, figures and answers from the results of a run, as one page that opens offline."""

from pathlib import Path

from timeshare.artifacts import write_json
from timeshare.config import Params
from timeshare.report.exports import summary_json, write_plots
from timeshare.report.page import render
from timeshare.report.reading import read_results

__all__ = ["build"]


def build(params: Params, root: Path, target: Path) -> None:
    """Write index.html, summary.json and plots/*.csv.

    Args:
        params: names the members of the run; equal params and files give equal bytes.
        root: the project's folder, with data/, models/, results/ and studies/.
        target: an existing folder.
    Raises:
        UserError: a file of a member is missing or damaged.
    """
    results = read_results(params, root)
    write_json(target / "summary.json", summary_json(results))
    write_plots(results, target / "plots")
    (target / "index.html").write_text(render(results), encoding="utf-8")
