"""Runs commands of the project in processes that start in milliseconds: each is forked with everything imported.

Reads a request a line from standard input, as JSON. Answers with a line of the process's id when the command begins,
and when it has ended with a line of JSON: its exit status (negative: the signal that ended it), what it printed, and
how many file events it came to.
"""

import fcntl
import importlib
import json
import mmap
import os
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

IMPORTED = (
    *(
        f"timeshare.pipeline.{stage}"
        for stage in ("download", "ingest", "prepare", "size", "train", "evaluate", "report")
    ),
    "timeshare.pipeline.study",
    "timeshare.evaluate.behaviour",
    "timeshare.questions.imitation.study",
    "timeshare.train.fit",
    "timeshare.tools.check",
    "timeshare.tools.look",
    "timeshare.tools.runs",
    "encodings.ascii",
    "scipy.stats",
    "vl_convert",
)
FILE_EVENTS = ("open", "os.", "shutil.", "tempfile.")
COUNTER = struct.Struct("q")
# What a command may print before it would have to wait for a reader.
PIPE_BYTES = 1 << 20


def main() -> None:
    """Serve requests until standard input ends."""
    for module in IMPORTED:
        importlib.import_module(module)
    counter = mmap.mmap(-1, COUNTER.size)
    print("ready", flush=True)
    for line in sys.stdin:
        COUNTER.pack_into(counter, 0, 0)
        printed = [os.pipe(), os.pipe()]
        process = os.fork()
        if process == 0:
            _run(json.loads(line), [writing for _, writing in printed], counter)
        _, status = os.waitpid(process, 0)
        out, error = [_read(*ends) for ends in printed]
        (events,) = COUNTER.unpack_from(counter, 0)
        answer = {"status": os.waitstatus_to_exitcode(status), "out": out, "error": error, "events": events}
        print(json.dumps(answer), flush=True)
    # Taking apart all that was imported would take seconds.
    os._exit(0)


def _read(reading: int, writing: int) -> str:
    """What is in a pipe now; a process that the command left behind may still hold its other end."""
    os.close(writing)
    os.set_blocking(reading, False)
    try:
        return os.read(reading, PIPE_BYTES).decode(errors="replace")
    except BlockingIOError:
        return ""
    finally:
        os.close(reading)


def _run(request: dict[str, Any], printed: Sequence[int], counter: mmap.mmap) -> NoReturn:
    """Become the command.

    Args:
        request: `arguments` of the command; `cwd`; `environment` to add; `input`: a file to read as standard input;
            `signal`, `event` and `at`: send oneself this signal at that event of this kind, the first being 1, all
            file events being one kind; `file_size`: bytes that no file may exceed; `user`: id to become.
        printed: pipes to write stdout and stderr to.
        counter: of those events.
    """
    from timeshare import cli

    answers = os.dup(1)
    for descriptor, pipe in zip((1, 2), printed, strict=True):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.dup2(pipe, descriptor)
    # Made for what was there before, they may take a pipe for a file.
    sys.stdout, sys.stderr = open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - as long as the process
    os.dup2(os.open(request["input"], os.O_RDONLY), 0)
    # As in the locale C, where Python takes any bytes for text.
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115 - as long as the process
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

    def answer_with_pid() -> None:
        stop_by_exception()
        # Not sooner: until then a signal meets this server's handling, and not the command's.
        os.write(answers, f"{os.getpid()}\n".encode())

    stop_by_exception, cli.stop_by_exception = cli.stop_by_exception, answer_with_pid
    sys.addaudithook(count)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        cli.main(request["arguments"])
    except SystemExit as stop:
        sys.stderr.flush()
        os._exit(stop.code if isinstance(stop.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
