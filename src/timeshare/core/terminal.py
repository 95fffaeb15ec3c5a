"""Whether somebody is looking."""

import os
import sys


def shows_progress() -> bool:
    """Whether a progress bar makes sense: stderr is a terminal, and no stage beside this one draws on it too."""
    return sys.stderr.isatty() and os.environ.get("TIMESHARE_JOBS", "1") == "1"
