"""The `timeshare` command: one subcommand a stage, and the tools around them."""

import argparse
import errno
import importlib
import importlib.util
import io
import os
import select
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from timeshare import __version__
from timeshare.stopping import has_stopped, stop_behind, stop_by_exception, stop_with_parent


@dataclass(frozen=True)
class Command:
    """A subcommand: imported only when called, for a process pays for what it imports.

    Attributes:
        module: its `main` takes the arguments by name and returns an exit status, or None for 0. That of a stage takes
            first what params.yaml says.
        purpose: one line for --help.
        arguments: (name or flag, keywords of argparse's add_argument).
    """

    module: str
    purpose: str
    arguments: tuple[tuple[str, dict[str, Any]], ...] = ()


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_SEED):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number from 0 to {_LARGEST_SEED}")
    return int(text)


_STAGES = "timeshare.pipeline."
_PIPELINE = ("dvc", "lightning", "mlflow", "numpy", "pydantic", "yaml")  # of the extra, what tells that it is there
_LARGEST_SEED = 1_000_000_000  # as in params.yaml
_NO_READER = 128 + 13  # as a shell gives it for SIGPIPE: who reads has seen enough, as `head` has
_DATASET = (("dataset", {"help": "a member of run.datasets"}),)
_MEMBER = (
    *_DATASET,
    ("model", {"help": "a member of run.models"}),
)
_CLUSTER = ("--cluster", {"metavar": "ADDRESS", "help": "of a Dask scheduler: run on its workers (docs/scaling.md)"})
# How the texts of a file of one's own are read.
_OWN_TEXTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--text", {"metavar": "COLUMN", "help": "the column of the texts; none: it is guessed"}),
    ("--label", {"metavar": "COLUMN", "help": "the column of their labels; none: it is guessed"}),
    ("--tokeniser", {"help": "what cuts the texts into tokens (docs/data.md); none: it is proposed"}),
)
COMMANDS = {
    "download": Command(
        "timeshare.pipeline.download", "stage: fetch what a dataset's source keeps elsewhere", _DATASET
    ),
    "ingest": Command("timeshare.pipeline.ingest", "stage: read a source into raw tables", _DATASET),
    "prepare": Command("timeshare.pipeline.prepare", "stage: turn raw tables into matrices of token ids", _DATASET),
    "size": Command("timeshare.pipeline.size", "stage: settle extents and hidden sizes for a dataset", _DATASET),
    "tune": Command(
        "timeshare.tools.tune",
        "stage: choose a member's settings of training by trials; --now: of all members, side by side",
        (
            ("dataset", {"nargs": "?", "help": "a member of run.datasets; none, with --now: all"}),
            ("model", {"nargs": "?", "help": "a member of run.models; none, with --now: all"}),
            ("--now", {"action": "store_true", "help": "tune whether or not tuning.frozen is set"}),
            ("--jobs", {"type": int, "default": 1, "help": "fits that run at once; default: 1"}),
            _CLUSTER,
        ),
    ),
    "train": Command("timeshare.pipeline.train", "stage: fit one model with each seed", _MEMBER),
    "evaluate": Command("timeshare.pipeline.evaluate", "stage: ask the models of each seed every question", _MEMBER),
    "study": Command(
        "timeshare.pipeline.study",
        "stage: train what a question needs beside the run's members",
        (("name", {"help": "a member of run.studies, or another study of params.yaml"}),),
    ),
    "report": Command("timeshare.pipeline.report", "stage: summarise the run"),
    "playground": Command("timeshare.pipeline.playground", "stage: make the page in which trained nets run"),
    "predict": Command(
        "timeshare.tools.predict",
        "label texts with a trained model",
        (
            ("model", {"help": "models/DATASET/MODEL/SEED, DATASET@champion, a run's id, or an MLflow address"}),
            ("texts", {"nargs": "*", "help": "the texts; none: one a line from --file or standard input"}),
            ("--file", {"help": "a text file, a text a line; - for standard input"}),
            ("--output", {"choices": ("jsonl", "table"), "default": "jsonl", "help": "default: jsonl"}),
            ("--interactive", {"action": "store_true", "help": "answer each line at once, as from a keyboard"}),
        ),
    ),
    "serve": Command(
        "timeshare.tools.serve",
        "answer requests for labels on 127.0.0.1, with a model of the registry",
        (
            ("model", {"help": "DATASET@champion, a run's id, or an MLflow address"}),
            ("--port", {"type": int, "default": 5001, "help": "default: 5001"}),
        ),
    ),
    "export": Command(
        "timeshare.tools.export",
        "write a trained model as files that run without torch",
        (
            ("model", {"help": "as for predict"}),
            ("folder", {"help": "a new folder for the graph, the vocabulary and a script that labels texts"}),
            ("--format", {"choices": ("onnx",), "default": "onnx", "help": "default: onnx"}),
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
            ("--dry", {"action": "store_true", "help": "list the stages that would run and say how long; run none"}),
            _CLUSTER,
            ("targets", {"nargs": "*", "help": "stages to bring up to date; none: all"}),
        ),
    ),
    "init": Command(
        "timeshare.tools.init",
        "make a project of your own in an empty folder",
        (
            ("folder", {"nargs": "?", "default": ".", "help": "a new or empty folder; default: this one"}),
            ("--data", {"metavar": "FILE", "help": "a file of your own, the data of the run; none: an example"}),
            *_OWN_TEXTS,
        ),
    ),
    "look": Command(
        "timeshare.tools.look",
        "show what files of your own hold, and the entry of params.yaml that reads them",
        (
            ("files", {"nargs": "+", "help": "one file, or those of train, valid and test, told by their names"}),
            *_OWN_TEXTS,
            ("--rows", {"type": int, "default": 100_000, "help": "rows to look at; 0: all; default: 100000"}),
            ("--add", {"metavar": "NAME", "help": "enter the dataset in params.yaml by this name, as that of the run"}),
        ),
    ),
    "runs": Command(
        "timeshare.tools.runs",
        "list the members, their state and their MLflow runs",
        (
            ("stage", {"nargs": "?", "help": "a DVC stage such as train@parity-shared: list its seeds' runs alone"}),
            ("seed", {"nargs": "?", "type": _seed, "help": "a seed: print its run's id alone"}),
        ),
    ),
    "ui": Command(
        "timeshare.tools.ui",
        "browse the runs on 127.0.0.1, in MLflow's pages",
        (("--port", {"type": int, "default": 5000, "help": "default: 5000"}),),
    ),
    "verify": Command(
        "timeshare.tools.verify",
        "compare the outputs here, byte for byte, with those of the committed run; exit 1 where they must not differ",
        (
            (
                "--rev",
                {"metavar": "COMMIT", "default": "HEAD", "help": "whose dvc.lock to compare with; default: HEAD"},
            ),
            ("--record", {"action": "store_true", "help": "write what this run was computed by, to be committed"}),
        ),
    ),
    "sync": Command(
        "timeshare.tools.sync",
        "send what tracking could not send yet",
        (
            ("--timeout", {"type": float, "default": 60.0, "help": "seconds; default: 60"}),
            (
                "--here",
                {"action": "store_true", "help": "send what was recorded for other addresses to the present one"},
            ),
        ),
    ),
    "register": Command("timeshare.tools.register", "put each dataset's best model into the registry as champion"),
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a subcommand and leave the process: 0 done, 1 something to mend, 2 wrong usage, 128 + n ended by signal n."""
    _open_streams()
    _speak_utf8()
    if "DVC_STAGE" in os.environ:
        stop_with_parent()
    status = run(sys.argv[1:] if arguments is None else arguments)
    # Everything is on disk: tearing down torch and Lightning object by object would only take time.
    os._exit(status)


def _open_streams() -> None:
    """Let a stream that whoever started this has closed lead nowhere: the next file opened would have its number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123


def _speak_utf8() -> None:
    """Take names of files, and whatever is read and printed, for UTF-8, as the files of a project are in any locale."""
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"  # which is read once, when Python starts; DVC and its stages get it too
        os.execv(sys.executable, sys.orig_argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def run(arguments: Sequence[str]) -> int:
    """Run a subcommand; returns the exit status of `main`."""
    for argument in arguments:
        # Other bytes come as halves of surrogate pairs, which cannot be written anywhere.
        if any("\ud800" <= character <= "\udfff" for character in argument):
            shown = argument.encode(errors="backslashreplace").decode()
            print(f"timeshare: {shown}: is no UTF-8; convert the text, or rename the file", file=sys.stderr)
            return _written(2)
    try:
        stop_by_exception()
        values = vars(_parser().parse_args(arguments))
        status = _written(_run(values.pop("command"), values))
    except BaseException as error:
        stopped = stop_behind(error)
        if stopped is not None:
            has_stopped()
            print(f"timeshare: {stopped}; run it again to go on", file=sys.stderr)
            status = _written(stopped.status)
        elif isinstance(error, SystemExit):  # argparse has said what is wrong
            status = _written(error.code if isinstance(error.code, int) else 1)
        elif isinstance(error, BrokenPipeError) and _reader_has_left():
            status = _NO_READER
        elif isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            # Stages say which file they could not write; what has none is standard output.
            status = _unwritten(error)
        else:
            raise
    return status


def _written(status: int) -> int:
    """Write what was printed, since the process is left without the interpreter's own end.

    Args:
        status: exit status of what printed it.
    Returns:
        That, or another one if it was 0 and something could not be written.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        return status or _NO_READER
    except OSError as error:
        return status or _unwritten(error)
    return status


def _unwritten(error: OSError) -> int:
    print(f"timeshare: what it prints cannot be written: {error.strerror}", file=sys.stderr)
    return 1


def _reader_has_left() -> bool:
    """Whether standard output is a pipe that nobody reads any more."""
    poll = select.poll()
    poll.register(1, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _run(name: str, values: dict[str, Any]) -> int:
    lacking = next((package for package in _PIPELINE if importlib.util.find_spec(package) is None), None)
    if lacking:
        extra = "install this project's folder, or its wheel, with the extra [pipeline]: pip install 'FOLDER[pipeline]'"
        print(f"timeshare {name}: {lacking} is not installed, only the layers are; {extra}", file=sys.stderr)
        return 1
    # Not before the command's arguments are known to be right.
    from timeshare.core.arithmetic import settle
    from timeshare.core.config.errors import UserError
    from timeshare.core.imports import importing

    command = COMMANDS[name]
    try:
        with importing():
            if command.module.startswith(_STAGES):
                from timeshare.params import load_params

                values["params"] = load_params()
                # Before the module imports torch and NumPy, which choose their kernels once.
                settle(values["params"].trainer.arithmetic)
            module = importlib.import_module(command.module)
        return module.main(**values) or 0
    except UserError as error:
        print(f"timeshare {name}: {error}", file=sys.stderr)
    except OSError as error:
        if error.filename is None or stop_behind(error):
            raise
        # Of a file or folder, in a way that the code has not thought of.
        mend = "give access to it, or put what is wanted there"
        line = UserError(f"{error.filename}: cannot be used: {error.strerror}; {mend}")
        print(f"timeshare {name}: {line}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="timeshare", description=__doc__)
    parser.add_argument("--version", action="version", version=f"timeshare {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.purpose, description=command.purpose)
        for argument, keywords in command.arguments:
            subparser.add_argument(argument, **keywords)
    return parser
