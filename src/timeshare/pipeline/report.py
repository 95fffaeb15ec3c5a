"""report: summarise the results of the run's members into report/."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from timeshare.core.artifacts import whole_entries, write_json
from timeshare.pipeline.members import report_run, seed_runs_of
from timeshare.pipeline.pictured import record_pictures
from timeshare.pipeline.variation import changes, shown
from timeshare.questions.asking import sections
from timeshare.report.exports import metrics_json, summary_json, write_plots
from timeshare.report.page import render
from timeshare.report.pictures import write_pictures
from timeshare.report.reading import read_results
from timeshare.report.results import Results
from timeshare.tracking.comparison import record_comparison
from timeshare.tracking.delivery import drain

if TYPE_CHECKING:
    from timeshare.params import Params

# How long the last stage waits for the runs to arrive; what is late is sent all the same, in the background.
_SEND_SECONDS = 20.0


def main(params: "Params") -> None:
    """Write report/index.html, report/summary.json, report/metrics.json and report/plots/."""
    target, root = Path("report"), Path()
    tracking = params.tracking
    # The pictures are for MLflow alone: how wide their letters are depends on the machine's fonts, so they are no
    # output, of which equal inputs make equal bytes.
    with TemporaryDirectory() as folder_of_pictures:
        pictures = Path(folder_of_pictures) if tracking.enabled else None
        # Not the folder as a whole: the stage `playground` may be writing its page there.
        with whole_entries(target) as folder:
            results = build(params, root, folder, pictures)
        if tracking.enabled:
            runs = {dataset: report_run(root, dataset) for dataset in params.run.datasets}
            files = [target / "index.html", target / "summary.json"]
            seed_runs = seed_runs_of(root, params)
            record_pictures(root, results, seed_runs)
            changed = {key: shown(value) for key, value in changes(root).items()}
            record_comparison(root, tracking, runs, seed_runs, files, pictures, changed)
    delivered = drain(root, _SEND_SECONDS)
    if delivered.left or delivered.reason:
        what = f"{delivered.left} events are not sent yet ({delivered.reason})"
        print(f"tracking: {what}; `timeshare sync` waits for them", file=sys.stderr)


def build(params: "Params", root: Path, target: Path, pictures: Path | None = None) -> Results:
    """Write index.html, summary.json, metrics.json and plots/*.csv.

    Args:
        params: names the members of the run; equal params and files give equal bytes.
        root: the project's folder, with data/, models/, results/, studies/ and benchmarks/measured/.
        target: an existing folder.
        pictures: another one, for the main figures as DATASET/NAME.svg; None: they are not drawn.
    Returns:
        What was read.
    Raises:
        UserError: a file of a member is missing or damaged.
    """
    results = read_results(params, root)
    write_json(target / "summary.json", summary_json(results))
    write_json(target / "metrics.json", metrics_json(results))
    write_plots(results, target / "plots")
    said = sections(results)
    (target / "index.html").write_text(render(results, said), encoding="utf-8")
    if pictures:
        write_pictures(results, [figure for section in said.values() for figure in section.answer.figures], pictures)
    return results
