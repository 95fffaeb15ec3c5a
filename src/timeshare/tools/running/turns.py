"""DVC's lock, held against other processes, while the threads of this one take turns."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from dvc.lock import LockBase, LockError
from dvc.repo import Repo

_LOCK_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


class TurnLock(LockBase):  # type: ignore[misc] # DVC has no types
    """Takes the place of DVC's lock: the threads of this process hold it in turn."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def lock(self) -> None:
        """Wait for this thread's turn."""
        self._turn.acquire()

    def unlock(self) -> None:
        """Give the turn away."""
        self._turn.release()

    @property
    def is_locked(self) -> bool:
        """Whether any thread has its turn."""
        return self._turn.locked()

    def __enter__(self) -> Self:
        self.lock()
        return self

    def __exit__(self, *_: object) -> None:
        self.unlock()


@contextmanager
def held(repo: Repo) -> Iterator[None]:
    """Hold the repository against other processes, and let this one's threads take turns.

    Raises:
        LockError: another process has held it for a minute.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            repo.lock.lock()
            break
        except LockError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
    real, repo.lock = repo.lock, TurnLock()
    try:
        yield
    finally:
        real.unlock()
