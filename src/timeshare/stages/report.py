"""report: summarise the results of the run's members into report/."""

import sys
from pathlib import Path

from timeshare.artifacts import whole_directory
from timeshare.config import load_params
from timeshare.report import build
from timeshare.train.tracking.comparison import record_comparison
from timeshare.train.tracking.delivery import drain

# How long the last stage waits for the runs to arrive; what is late is sent all the same, in the background.
_SEND_SECONDS = 20.0


def main() -> None:
    """Write report/index.html, report/summary.json and report/plots/."""
    params = load_params()
    target = Path("report")
    with whole_directory(target) as folder:
        build(params, Path(), folder)
    record_comparison(Path(), params, [target / "index.html", target / "summary.json"])
    delivered = drain(Path(), _SEND_SECONDS)
    if delivered.left:
        print(f"tracking: {delivered.left} events are not sent yet; `timeshare sync` waits for them", file=sys.stderr)
