"""The `timeshare` command: one subcommand a stage, and the tools around them."""

import errno
import importlib
import importlib.util
import io
import os
import select
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from timeshare.cli.commands import COMMANDS, STAGES, Command
from timeshare.cli.usage import overview, parse
from timeshare.stopping import has_stopped, stop_behind, stop_by_exception, stop_with_parent

__all__ = ["COMMANDS", "Command", "main", "run"]

_PIPELINE = ("dvc", "lightning", "mlflow", "numpy", "pydantic", "yaml")  # of the extra, what tells that it is there
_NO_READER = 128 + 13  # as a shell gives it for SIGPIPE: who reads has seen enough, as `head` has


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a subcommand and leave the process: 0 done, 1 something to mend, 2 wrong usage, 128 + n ended by signal n."""
    _open_streams()
    _speak_utf8()
    if "DVC_STAGE" in os.environ:
        stop_with_parent()
    status = 1
    try:
        status = run(sys.argv[1:] if arguments is None else arguments)
    except BaseException:
        import traceback  # Not for a command that goes well.

        with suppress(OSError):  # Whoever read standard error may have left.
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        # Everything is on disk: tearing down torch and Lightning object by object would only take time, and the
        # interpreter's own end would wait for threads, of which a repro that was stopped leaves some waiting for ever.
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
            _say(f"timeshare: {shown}: is no UTF-8; convert the text, or rename the file")
            return _written(2)
    try:
        stop_by_exception()
        if not arguments or arguments[0] in ("-h", "--help"):
            print(overview(), end="")
            return _written(0)
        status = _written(_run(*parse(arguments)))
    except BaseException as error:
        stopped = stop_behind(error)
        if stopped is not None:
            has_stopped()
            _say(f"timeshare: {stopped}; run it again to go on")
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
    _say(f"timeshare: what it prints cannot be written: {error.strerror}")
    return 1


def _say(line: str) -> None:
    """Print a line on standard error; that nobody reads it any more changes nothing of how the command ends."""
    with suppress(OSError):
        print(line, file=sys.stderr)


def _reader_has_left() -> bool:
    """Whether standard output is a pipe that nobody reads any more."""
    poll = select.poll()
    poll.register(1, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _run(name: str, values: dict[str, Any]) -> int:
    lacking = next((package for package in _PIPELINE if importlib.util.find_spec(package) is None), None)
    if lacking:
        extra = "install this project's folder, or its wheel, with the extra [pipeline]: pip install 'FOLDER[pipeline]'"
        _say(f"timeshare {name}: {lacking} is not installed, only the layers are; {extra}")
        return 1
    # Not before the command's arguments are known to be right.
    from timeshare.core.arithmetic import settle
    from timeshare.core.config.errors import UserError
    from timeshare.core.imports import importing

    command = COMMANDS[name]
    try:
        with importing():
            if name in STAGES:
                from timeshare.params import load_params

                values["params"] = load_params()
                # Before the module imports torch and NumPy, which choose their kernels once.
                settle(values["params"].trainer.arithmetic)
            module = importlib.import_module(command.module)
        return module.main(**values) or 0
    except UserError as error:
        _say(f"timeshare {name}: {error}{_beside_the_run(values)}")
    except OSError as error:
        if error.filename is None or stop_behind(error):
            raise
        # Of a file or folder, in a way that the code has not thought of.
        mend = "give access to it, or put what is wanted there"
        line = UserError(f"{error.filename}: cannot be used: {error.strerror}; {mend}")
        _say(f"timeshare {name}: {line}")
    return 1


def _beside_the_run(values: dict[str, Any]) -> str:
    """For the end of a stage's error: which of its names the run lacks, so that `dvc repro` makes nothing of it."""
    if "params" not in values:
        return ""
    known, run = values["params"], values["params"].run
    sections = {"dataset": "datasets", "model": "models", "name": "studies"}
    lacking = [
        f"{section} lacks {values[key]}"
        for key, section in sections.items()
        if values.get(key) in getattr(known, section) and values[key] not in getattr(run, section)
    ]
    return "".join(f"; run.{one}, without which `dvc repro` makes nothing of it" for one in lacking)
