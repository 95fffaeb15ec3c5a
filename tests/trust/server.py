"""Runs commands of the project in processes that start in milliseconds: each is forked with everything imported.

Reads a request a line from standard input, as JSON; answers with a line of the process's id when it starts, and when it
has ended with a line of its exit status (negative: the signal that ended it) and of the file events that it came to.
"""

import importlib
import json
import mmap
import os
import resource
import signal
import struct
import sys
from typing import Any, NoReturn

FILE_EVENTS = ("open", "os.", "shutil.", "tempfile.")
IMPORTED = (
    *(f"timeshare.stages.{stage}" for stage in ("download", "ingest", "prepare", "size", "train", "evaluate", "report")),
    "timeshare.stages.study",
    "timeshare.studies.imitation",
    "timeshare.tools.check",
    "vl_convert",
)
COUNTER = struct.Struct("q")


def main() -> None:
    """Serve requests until standard input ends."""
    for module in IMPORTED:
        importlib.import_module(module)
    counter = mmap.mmap(-1, COUNTER.size)
    print("ready", flush=True)
    for line in sys.stdin:
        COUNTER.pack_into(counter, 0, 0)
        process = os.fork()
        if process == 0:
            _run(json.loads(line), counter)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), *COUNTER.unpack_from(counter, 0), flush=True)
    # Taking apart all that was imported would take seconds.
    os._exit(0)


def _run(request: dict[str, Any], counter: mmap.mmap) -> NoReturn:
    """Become the command.

    Args:
        request: `arguments` of the command; `cwd`; `output`, a folder for its stdout and stderr; `environment` to
            add; `signal`, `event` and `at`: send oneself this signal at that event of this kind, the first being 1, all
            file events being one kind; `file_size`: bytes that no file may exceed; `user`: id to become.
        counter: of those events.
    """
    from timeshare import cli

    answers = os.dup(1)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        target = os.open(os.path.join(request["output"], name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(target, descriptor)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.chdir(request["cwd"])
    os.environ.update(request["environment"])
    if request["file_size"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size"], request["file_size"]))
    if request["user"] is not None:
        os.setuid(request["user"])
    seen = 0
    counted = (request["event"],) if request["event"] else FILE_EVENTS

    def count(event: str, _: object) -> None:
        nonlocal seen
        if event.startswith(counted):
            seen += 1
            COUNTER.pack_into(counter, 0, seen)
            if seen == request["at"]:
                os.kill(os.getpid(), request["signal"])

    sys.addaudithook(count)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.write(answers, f"{os.getpid()}\n".encode())
    try:
        cli.main(request["arguments"])
    except SystemExit as stop:
        os._exit(stop.code if isinstance(stop.code, int) else 1)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
