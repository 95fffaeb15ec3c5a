"""The sender: the one process of a project that talks to the MLflow server; run as a module, with the project's folder.

It follows the spool while stages run, so that their runs appear live, imports mlflow once for all of them, and ends
when nothing has come for a while. Being alone, it also creates the database alone.
"""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from timeshare.tracking.spool import sessions
from timeshare.tracking.workplace import Workplace, exclusive

# The training has the processors first.
_NICENESS = 5
_ENVIRONMENT = {
    # mlflow's own retries last minutes; the sender has its own, which leave a note.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    # torch in this process only checks that a logged model answers.
    "OMP_NUM_THREADS": "1",
}


def main(project: Path) -> None:
    """Send until there is nothing to send, unless another sender does."""
    workplace = Workplace(project)
    if not workplace.project.is_dir():  # It was moved.
        return
    os.chdir(workplace.project)
    os.nice(_NICENESS)
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    seen: set[Path] = set()
    # A stage that began between the dispatcher's last look and the release of the lock has found the lock held and
    # started no sender: look once more.
    while _sessions(workplace) - seen:
        with _lock(workplace) as ours:
            if not ours:
                return
            from timeshare.tracking.dispatch import Dispatcher

            left = Dispatcher(workplace).run()
        if left is None:
            # The lock is dropped by that, and taken again.
            os.execv(sys.executable, [sys.executable, "-m", "timeshare.tracking.sender", str(workplace.project)])
        seen = left


def _sessions(workplace: Workplace) -> set[Path]:
    return {session.folder for session in sessions(workplace.spool)}


@contextlib.contextmanager
def _lock(workplace: Workplace) -> Iterator[bool]:
    """The sender's lock; tried for a moment, since stages that look whether it is held hold it for that look."""
    deadline = time.monotonic() + 1.0
    while True:
        with exclusive(workplace.lock) as ours:
            if ours or time.monotonic() > deadline:
                yield ours
                return
        time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
