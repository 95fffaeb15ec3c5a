"""A signal that ends the command becomes an exception, so that half-written outputs are removed on the way out."""

import os
import signal
import sys
import threading
from types import FrameType

_WORDS: dict[int, str] = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
# What the interpreter calls by itself, such as a destructor, drops the exceptions it raises: a stop is raised again.
_AGAIN_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Stopped(BaseException):
    """A signal arrived.

    Ctrl-C too, in place of KeyboardInterrupt: that one Lightning catches, and leaves the process in its own way.

    Attributes:
        status: the exit status that says so, as a shell gives it.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(_WORDS[signum])
        self.status = 128 + signum


def stop_by_exception() -> None:
    """Raise `Stopped` in the main thread from now on, when SIGINT or SIGTERM arrives."""
    arrived = 0

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal arrived
        # A second signal must not interrupt the cleaning up that the first began.
        if not arrived:
            arrived = signum
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS, _AGAIN_SECONDS)
            raise Stopped(signum)

    def stop_again(signum: int, frame: FrameType | None) -> None:
        # Not while that is under way: what cleans up is handling the stop, or an error that came of it.
        if stop_behind(sys.exc_info()[1]) is None:
            raise Stopped(arrived)

    # All of them now: Lightning puts back, when a fit ends, every handler that it found when the fit began.
    signal.signal(signal.SIGALRM, stop_again)
    for signum in _WORDS:
        # What a shell starts in the background ignores Ctrl-C, and shall go on doing so.
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, stop)


def stop_behind(error: BaseException | None) -> Stopped | None:
    """The stop itself, or the one that an error came of: a library that was broken off may fail at cleaning up."""
    while error is not None and not isinstance(error, Stopped):
        error = error.__context__
    return error


def has_stopped() -> None:
    """Tell that `Stopped` has unwound the stack."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def stop_with_parent() -> None:
    """Be terminated when DVC dies, which cannot end its stage if it is killed: the next `dvc repro` would then run the
    stage beside this one. Linux alone has this."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # It may have died before. DVC and its stage are of one session; who adopts orphans is of another.
        if os.getsid(os.getppid()) != os.getsid(0):
            signal.raise_signal(signal.SIGTERM)


def end_with_parent() -> None:
    """Let a process of multiprocessing end when the one that started it is killed: it would go on, or wait for ever."""
    from multiprocessing import parent_process  # not for every command

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
