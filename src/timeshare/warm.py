"""Stages of one repro are forked from a process that has imported everything: docs/adr/0007-warm-start.md says why.

DVC runs each stage as a process. The first one leaves a warm process behind, which imports what stages import and waits
at a socket in .timeshare. A later stage hands its arguments, environment and terminal over to a fork of it, passes
signals on, and ends when that ends. Where anything is in the way, a stage runs as if there were no such thing.
"""

import contextlib
import gc
import hashlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

# They import nearly all that any stage does, and take nearly all the time that importing takes. pandas is there for
# pyarrow, which looks for it as soon as it makes an array.
_MODULES = ("timeshare.stages.train", "timeshare.stages.evaluate", "pandas")
_FOLDER = Path(".timeshare")
_IDLE_SECONDS = 15.0
_STARTED = b"+"
# What DVC and the shell set for one stage alone: no import depends on it.
_OF_STAGE = ("DVC_STAGE", "DVC_ROOT", "OLDPWD", "SHLVL", "_")

Run = Callable[[Sequence[str]], int]


def is_wanted() -> bool:
    """Whether this is a stage of a repro, on a system that can fork it; one of several devices' processes is not."""
    variables = os.environ
    in_repro = "DVC_STAGE" in variables and "LOCAL_RANK" not in variables
    return in_repro and sys.platform == "linux" and variables.get("TIMESHARE_WARM") != "0"


def ask(arguments: Sequence[str]) -> int | None:
    """Have a command run by a fork of the warm process; None where there is none yet, which this then starts.

    Args:
        arguments: of the command, its program's name first.
    Returns:
        The exit status.
    """
    signals = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    for signum in signals:
        signal.signal(signum, signal.SIG_DFL)
    path = _FOLDER / f"warm-{_key()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
            _hand_over(connection, arguments)
            if connection.recv(1) != _STARTED:
                return None
        except (FileNotFoundError, ConnectionRefusedError):
            _start(path)
            return None
        except OSError:
            return None

        def pass_on(signum: int, frame: FrameType | None) -> None:
            with contextlib.suppress(OSError):
                connection.sendall(bytes([signum]))

        for signum in signals:
            signal.signal(signum, pass_on)
        status = connection.recv(1)
        return status[0] if status else 128 + signal.SIGKILL


def serve(path: Path, run: Run) -> None:
    """Be the warm process: until no request has come for a while and no fork is running.

    Args:
        path: of the socket.
        run: runs a command's arguments and returns its exit status; called in a fork.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(str(path))
        except OSError:
            return  # Another was faster.
        try:
            path.chmod(0o600)
            # Before the imports: who asks in the meantime waits for them, which is no longer than doing them.
            listener.listen()
            gc.disable()
            for module in _MODULES:
                importlib.import_module(module)
            gc.freeze()
            gc.enable()
            _fork_on_request(listener, run)
        finally:
            path.unlink(missing_ok=True)


def _fork_on_request(listener: socket.socket, run: Run) -> None:
    listener.settimeout(1.0)
    forks: set[int] = set()
    last = time.monotonic()
    while forks or time.monotonic() - last < _IDLE_SECONDS:
        forks = {fork for fork in forks if os.waitpid(fork, os.WNOHANG) == (0, 0)}
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection:
            fork = os.fork()
            if not fork:
                listener.close()
                _become(connection, run)
            forks.add(fork)
        last = time.monotonic()


def _hand_over(connection: socket.socket, arguments: Sequence[str]) -> None:
    request = {"arguments": list(arguments), "environment": dict(os.environ), "folder": str(Path.cwd())}
    content = json.dumps(request).encode()
    socket.send_fds(connection, [len(content).to_bytes(8, "big")], [0, 1, 2])
    connection.sendall(content)


def _become(connection: socket.socket, run: Run) -> None:
    """Become the process that asked, as far as anybody can tell. Does not return: this is a fork."""
    status = 1
    try:
        length, descriptors, _, _ = socket.recv_fds(connection, 8, 3)
        request = json.loads(connection.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL))
        for descriptor, standard in zip(descriptors, (0, 1, 2), strict=True):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = request["arguments"]
        connection.sendall(_STARTED)
        threading.Thread(target=_pass_signals_on, args=[connection], daemon=True).start()
        status = run(sys.argv[1:])
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        with contextlib.suppress(OSError):
            connection.sendall(bytes([status]))
        os._exit(status)


def _pass_signals_on(connection: socket.socket) -> None:
    """Send this process the signals of the one that waits for it; without that one it is killed as that was."""
    while received := connection.recv(1):
        os.kill(os.getpid(), received[0])
    os.kill(os.getpid(), signal.SIGKILL)


def _start(path: Path) -> None:
    """Start the warm process for the stages to come, beside this one."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)  # There if one was killed.
        subprocess.Popen(
            # By -c: the script that Lightning starts for further devices is then that of the command.
            [sys.executable, "-c", "from timeshare import cli; cli.keep_warm()", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _key() -> str:
    """Digest of all that a warm process has taken in: the code and the environment."""
    source = Path(__file__).parent
    code = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(source.rglob("*.py"))]
    environment = sorted((name, value) for name, value in os.environ.items() if name not in _OF_STAGE)
    return hashlib.sha256(repr((sys.executable, code, environment)).encode()).hexdigest()[:16]
