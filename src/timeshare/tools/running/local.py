"""Commands of stages as processes of this machine."""

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dvc.stage.exceptions import StageCmdFailedError
from dvc.stage.run import _make_cmd as shell_command
from dvc.stage.run import cmd_run, get_executable, prepare_kwargs

from timeshare.core.progress import VARIABLE, Progress
from timeshare.tools.running.board import Board
from timeshare.tools.running.times import Times

if TYPE_CHECKING:
    from dvc.stage import Stage


class LocalRunner:
    """Runs commands side by side on this machine.

    Args:
        jobs: how many at once.
        times: where it keeps how long they took.
        board: that shows them.
    """

    def __init__(self, jobs: int, times: Times, board: Board) -> None:
        self.slots = jobs
        self._times = times
        self._board = board
        # A command that divides its arithmetic between threads gets its share of the cores.
        threads = max(1, (os.cpu_count() or 1) // jobs)
        self._environment = {"OMP_NUM_THREADS": str(threads), "TIMESHARE_JOBS": str(jobs)}

    def width(self) -> int:
        """As many as there are jobs."""
        return self.slots

    def run(self, stage: "Stage") -> None:
        """Run a stage's command; on a terminal, under the live lines."""
        started = time.monotonic()
        if self._board.is_live:
            self._run_watched(stage)
        else:
            cmd_run(stage, run_env=self._environment)
        self._times.record(stage.addressing, time.monotonic() - started)

    def stopped(self) -> None:
        """The commands are ended with this process."""

    def _run_watched(self, stage: "Stage") -> None:
        with tempfile.TemporaryDirectory(prefix="timeshare-") as folder:
            progress = Path(folder) / "progress"
            self._board.begun(stage.addressing, lambda: Progress.read(progress))
            keywords = prepare_kwargs(stage, run_env={**self._environment, VARIABLE: str(progress)})
            for command in stage.cmd if isinstance(stage.cmd, list) else stage.cmd.splitlines():
                process = subprocess.Popen(
                    shell_command(get_executable(), command),
                    **keywords,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
                assert process.stdout is not None
                for line in process.stdout:
                    self._board.say(line.rstrip("\n"))
                if process.wait():
                    raise StageCmdFailedError(command, process.returncode)
