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
    "report": Command("timeshare.stages.report", "stage: summarise the run"),
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a subcommand and leave the process: 0 done, 1 something to mend, 2 wrong usage, 143 terminated."""
    values = vars(_parser().parse_args(arguments))
    signal.signal(signal.SIGTERM, _terminate)
    status = _run(values.pop("command"), values)
    sys.stdout.flush()
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
    except KeyboardInterrupt:
        print(f"timeshare {name}: interrupted; run it again to go on", file=sys.stderr)
        return 130
    except _Terminated:
        print(f"timeshare {name}: terminated; run it again to go on", file=sys.stderr)
        return 143


class _Terminated(BaseException):
    """SIGTERM arrived: unwinds like KeyboardInterrupt, so that half-written outputs are removed on the way."""


def _terminate(signum: int, frame: FrameType | None) -> None:
    # A second signal must not interrupt the cleaning up that the first began.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Terminated


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="timeshare", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.purpose, description=command.purpose)
        for argument, keywords in command.arguments:
            subparser.add_argument(argument, **keywords)
    return parser
