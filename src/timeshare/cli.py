"""The `timeshare` command: one subcommand a stage, and the tools around them."""

import argparse
import gc
import importlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from timeshare.config.errors import UserError

# Subcommand -> (the module whose main() runs it, its arguments, what it does). Imported only when called: a stage is
# a process, and pays for what it imports.
_MEMBER = ("dataset", "model", "seed")
COMMANDS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "download": ("timeshare.stages.download", ("dataset",), "fetch what a dataset's source keeps elsewhere"),
    "ingest": ("timeshare.stages.ingest", ("dataset",), "read a source into raw tables"),
    "prepare": ("timeshare.stages.prepare", ("dataset",), "turn raw tables into matrices of token ids"),
    "size": ("timeshare.stages.size", ("dataset",), "settle extents and hidden sizes for a dataset"),
    "train": ("timeshare.stages.train", _MEMBER, "fit one model with one seed"),
    "evaluate": ("timeshare.stages.evaluate", _MEMBER, "ask a trained model every question"),
    "report": ("timeshare.stages.report", (), "write the report"),
}


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a subcommand and leave the process: 0 done, 1 something to mend, 2 wrong usage, 143 terminated."""
    parsed = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    status = _run(parsed.command, {name: getattr(parsed, name) for name in COMMANDS[parsed.command][1]})
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is on disk: tearing down torch and Lightning object by object would only cost another second.
    os._exit(status)


def _run(command: str, values: dict[str, str | int]) -> int:
    try:
        # Imports allocate a great many objects that live to the end: collecting among them costs 0.7 s and frees none.
        gc.disable()
        stage = importlib.import_module(COMMANDS[command][0])
        gc.freeze()
        gc.enable()
        stage.main(**values)
    except UserError as error:
        print(f"timeshare {command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"timeshare {command}: interrupted; run it again to go on", file=sys.stderr)
        return 130
    except _Terminated:
        print(f"timeshare {command}: terminated; run it again to go on", file=sys.stderr)
        return 143
    return 0


class _Terminated(BaseException):
    """SIGTERM arrived: unwinds like KeyboardInterrupt, so that half-written outputs are removed on the way."""


def _terminate(signum: int, frame: FrameType | None) -> None:
    raise _Terminated


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="timeshare", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command, (_, names, purpose) in COMMANDS.items():
        subparser = subparsers.add_parser(command, help=purpose, description=purpose)
        for name in names:
            subparser.add_argument(name, type=int if name == "seed" else str)
    return parser
