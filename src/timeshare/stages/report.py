"""report: summarise the results of the run's members into report/."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from timeshare.core.artifacts import whole_directory, write_json
from timeshare.params import Params, load_params
from timeshare.questions.asking import sections
from timeshare.report.exports import summary_json, write_plots
from timeshare.report.page import render
from timeshare.report.pictures import write_pictures
from timeshare.report.reading import read_results
from timeshare.tracking.comparison import record_comparison
from timeshare.tracking.delivery import drain

# How long the last stage waits for the runs to arrive; what is late is sent all the same, in the background.
_SEND_SECONDS = 20.0


def main() -> None:
    """Write report/index.html, report/summary.json and report/plots/."""
    params = load_params()
    target = Path("report")
    # The pictures are for MLflow alone: how wide their letters are depends on the machine's fonts, so they are no
    # output, of which equal inputs make equal bytes.
    with TemporaryDirectory() as folder_of_pictures:
        pictures = Path(folder_of_pictures) if params.tracking.enabled else None
        with whole_directory(target) as folder:
            build(params, Path(), folder, pictures)
        record_comparison(Path(), params, [target / "index.html", target / "summary.json"], pictures)
    delivered = drain(Path(), _SEND_SECONDS)
    if delivered.left:
        print(f"tracking: {delivered.left} events are not sent yet; `timeshare sync` waits for them", file=sys.stderr)


def build(params: Params, root: Path, target: Path, pictures: Path | None = None) -> None:
    """Write index.html, summary.json and plots/*.csv.

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
    write_plots(results, target / "plots")
    said = sections(results)
    (target / "index.html").write_text(render(results, said), encoding="utf-8")
    if pictures:
        write_pictures(results, [figure for section in said.values() for figure in section.answer.figures], pictures)
