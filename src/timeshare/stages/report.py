"""report: summarise the results of the run's members into report/."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from timeshare.core.artifacts import whole_directory
from timeshare.core.config import load_params
from timeshare.report import build
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
