"""The `timeshare` command: one subcommand a stage, and the tools around them."""

import argparse
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

from timeshare.config.errors import UserError


@dataclass(frozen=True)
class Command:
    """A subcommand: imported only when called, for a process pays for what it imports.

    Attributes:
        module: its `main` takes the arguments by name and returns an exit status, or None for 0.
        purpose: one line for --help.
        arguments: (name or flag, keywords of argparse's add_argument).
    """

    module: str
    purpose: str
    arguments: tuple[tuple[str, dict[str, Any]], ...] = ()


_DATASET = (("dataset", {"help": "a member of run.datasets"}),)
_MEMBER = (
    *_DATASET,
    ("model", {"help": "a member of run.models"}),
    ("seed", {"type": int, "help": "a member of run.seeds"}),
)
COMMANDS = {
    "download": Command("timeshare.stages.download", "stage: fetch what a dataset's source keeps elsewhere", _DATASET),
    "ingest": Command("timeshare.stages.ingest", "stage: read a source into raw tables", _DATASET),
    "prepare": Command("timeshare.stages.prepare", "stage: turn raw tables into matrices of token ids", _DATASET),
    "size": Command("timeshare.stages.size", "stage: settle extents and hidden sizes for a dataset", _DATASET),
    "train": Command("timeshare.stages.train", "stage: fit one model with one seed", _MEMBER),
    "evaluate": Command("timeshare.stages.evaluate", "stage: ask a trained model every question", _MEMBER),
    "study": Command(
        "timeshare.stages.study",
        "stage: train what a question needs beside the run's members",
        (("name", {"help": "a member of run.studies, or another study of params.yaml"}),),
    ),
    "report": Command("timeshare.stages.report", "stage: summarise the run"),
    "predict": Command(
        "timeshare.tools.predict",
        "label texts with a trained model",
        (
            ("model", {"help": "models/DATASET/MODEL/SEED, DATASET@champion, a run's id, or an MLflow address"}),
            ("texts", {"nargs": "*", "help": "the texts; none: one a line from --file or standard input"}),
            ("--file", {"help": "a text file, a text a line; - for standard input"}),
            ("--output", {"choices": ("jsonl", "table"), "default": "jsonl", "help": "default: jsonl"}),
        ),
    ),
    "check": Command(
        "timeshare.tools.check",
        "hold a trained model against a suite of expectations; exit 1 under the bar",
        (
            ("model", {"help": "models/DATASET/MODEL/SEED"}),
            ("suite", {"help": "a .jsonl file such as data/suites/seeds.jsonl"}),
            ("--min-pass", {"type": float, "default": 1.0, "help": "share of cases that must pass; default: 1.0"}),
            ("--json", {"help": "write the outcome as JSON to this file"}),
            ("--junit", {"help": "write it as JUnit XML to this file"}),
            ("--html", {"help": "write it as a page to this file"}),
        ),
    ),
    "repro": Command(
        "timeshare.tools.repro",
        "dvc repro with the independent stages side by side",
        (
            ("--jobs", {"type": int, "default": 2, "help": "stages that run at once; default: 2"}),
            ("targets", {"nargs": "*", "help": "stages to bring up to date; none: all"}),
        ),
    ),
    "runs": Command(
        "timeshare.tools.runs",
        "list the members, their state and their MLflow runs",
        (("stage", {"nargs": "?", "help": "a DVC stage such as train@parity-shared-0: print its run's id alone"}),),
    ),
    "sync": Command(
        "timeshare.tools.sync",
        "send what tracking could not send yet",
        (("--timeout", {"type": float, "default": 60.0, "help": "seconds; default: 60"}),),
    ),
    "register": Command("timeshare.tools.register", "put each dataset's best model into the registry as champion"),
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a subcommand and leave the process: 0 done, 1 something to mend, 2 wrong usage, 128 + n ended by signal n."""
    try:
        _stop_by_exception()
        if "DVC_STAGE" in os.environ:
            _stop_with_parent()
        values = vars(_parser().parse_args(arguments))
        status = _run(values.pop("command"), values)
        sys.stdout.flush()
    except _Stopped as stopped:
        print(f"timeshare: {_STOPS[stopped.signum]}; run it again to go on", file=sys.stderr)
        status = 128 + stopped.signum
    sys.stderr.flush()
    # Everything is on disk: tearing down torch and Lightning object by object would only cost another second.
    os._exit(status)


def _run(name: str, values: dict[str, Any]) -> int:
    try:
        # Imports allocate a great many objects that live to the end: collecting among them costs 0.7 s and frees none.
        gc.disable()
        module = importlib.import_module(COMMANDS[name].module)
        gc.freeze()
        gc.enable()
        return module.main(**values) or 0
    except UserError as error:
        print(f"timeshare {name}: {error}", file=sys.stderr)
        return 1


class _Stopped(BaseException):
    """A signal arrived: unwinds the stack, so that half-written outputs are removed on the way.

    Ctrl-C too, in place of KeyboardInterrupt: that one Lightning catches, and leaves the process in its own way.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(_STOPS[signum])
        self.signum = signum


_STOPS: dict[int, str] = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def _stop_by_exception() -> None:
    def stop(signum: int, frame: FrameType | None) -> NoReturn:
        # A second signal must not interrupt the cleaning up that the first began.
        for each in _STOPS:
            signal.signal(each, signal.SIG_IGN)
        raise _Stopped(signum)

    for signum in _STOPS:
        # What a shell starts in the background ignores Ctrl-C, and shall go on doing so.
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, stop)


def _stop_with_parent() -> None:
    """Be terminated when DVC dies, which cannot end its stage if it is killed: the next `dvc repro` would then run the
    stage beside this one. Linux alone has this."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="timeshare", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.purpose, description=command.purpose)
        for argument, keywords in command.arguments:
            subparser.add_argument(argument, **keywords)
    return parser
