"""The report: tables, statistics, figures and answers from the results of a run, as one page that opens offline."""

from pathlib import Path

from timeshare.core.artifacts import write_json
from timeshare.core.config import Params
from timeshare.report.answers import answers
from timeshare.report.exports import metrics_json, summary_json, write_plots
from timeshare.report.page import render
from timeshare.report.pictures import write_pictures
from timeshare.report.reading import read_results

__all__ = ["build"]


def build(params: Params, root: Path, target: Path, pictures: Path | None = None) -> None:
    """Write index.html, summary.json, metrics.json and plots/*.csv.

    Args:
        params: names the members of the run; equal params and files give equal bytes.
        root: the project's folder, with data/, models/, results/, studies/ and benchmarks/measured/.
        target: an existing folder.
        pictures: another one, for the main figures as DATASET/NAME.svg; None: they are not drawn.
    Raises:
        UserError: a file of a member is missing or damaged.
    """
    results = read_results(params, root)
    write_json(target / "summary.json", summary_json(results))
    write_json(target / "metrics.json", metrics_json(results))
    write_plots(results, target / "plots")
    said = answers(results)
    (target / "index.html").write_text(render(results, said), encoding="utf-8")
    if pictures:
        write_pictures(results, said, pictures)
