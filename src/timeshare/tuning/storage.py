"""Where the trials of searches are kept, a file or a database, and the locks that tell which processes live."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend, JournalStorage
from sqlalchemy.exc import SQLAlchemyError

from timeshare.core.config.errors import UserError
from timeshare.tracking.workplace import held

_TRIES, _TRY_SECONDS = 3, 0.5
optuna.logging.set_verbosity(optuna.logging.WARNING)


class Workers:
    """The processes of a machine that work on searches: each holds a lock for as long as it lives.

    Args:
        folder: where the locks are; shared by all processes of the project on this machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def join(self) -> Iterator[str]:
        """Be one of them; gives the name of this one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = os.urandom(8).hex()
        with _locked(self.folder / name):
            yield name
            # One that is broken off leaves it, and whoever finds it free knows that what it had begun is open again.
            (self.folder / name).unlink()

    def know(self, name: str) -> bool:
        """Whether a worker is, or was, one of this machine."""
        return (self.folder / name).exists()

    def has(self, name: str) -> bool:
        """Whether it still lives."""
        return held(self.folder / name)


class Storage:
    """Where trials are kept: a file of a folder, or a database.

    Args:
        folder: of the search.
        address: of the database, as SQLAlchemy understands it; None: the folder's own file.
    """

    def __init__(self, folder: Path, address: str | None) -> None:
        self.address = address
        self._lock: Path | None = None
        if address is None:
            folder.mkdir(parents=True, exist_ok=True)
            journal = folder / "trials.log"
            _drop_torn_line(journal)
            lock: Any = _FileLock(folder / "write.lock")  # the base class of such is not public
            self.backend: optuna.storages.BaseStorage = JournalStorage(JournalFileBackend(str(journal), lock))
            self._lock = folder / "claim.lock"
        else:
            self.backend = optuna.storages.get_storage(_database(address))  # keeps at hand what is done
            if address.startswith("sqlite"):
                self._lock = Path(address.partition(":///")[2].partition("?")[0] + ".claim.lock")

    @property
    def is_shared(self) -> bool:
        """Whether processes of other machines may be at work on it."""
        return self.address is not None

    def claiming(self) -> AbstractContextManager[None]:
        """One process at a time, where that is not the database's own business: SQLite locks no row that is read."""
        return nullcontext() if self._lock is None else _locked(self._lock)


@contextmanager
def storage_errors(address: str | None) -> Iterator[None]:
    """Turn what Optuna and a database complain of into one line.

    Raises:
        UserError: the storage cannot be used.
    """
    try:
        yield
    except (optuna.exceptions.OptunaError, SQLAlchemyError, ImportError, ValueError) as error:
        reason = _without_address(" ".join(str(error).split()), address)
        if address is None:
            raise UserError(f".timeshare/tuning: is damaged ({reason}); remove it, and the trials begin anew") from None
        raise UserError(f"tuning.storage: cannot be used ({reason}); start it, or correct the address") from None


def _database(address: str) -> optuna.storages.RDBStorage:
    """Open a database; where others make its tables at the same moment, one of them fails, and finds them made."""
    for _ in range(_TRIES - 1):
        try:
            return optuna.storages.RDBStorage(address, engine_kwargs={"pool_pre_ping": True})
        except SQLAlchemyError:
            time.sleep(_TRY_SECONDS)
    return optuna.storages.RDBStorage(address, engine_kwargs={"pool_pre_ping": True})


def _without_address(text: str, address: str | None) -> str:
    """A message without what may hold a password."""
    return text.replace(address, "...") if address else text


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a file's lock, which the system takes back from a process that dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class _FileLock:
    """The same for Optuna, whose own lock stays where a process is killed that holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: Any = None

    def acquire(self) -> bool:
        self._held = _locked(self._path)
        self._held.__enter__()
        return True

    def release(self) -> None:
        self._held.__exit__(None, None, None)


def _drop_torn_line(journal: Path) -> None:
    """Cut off what a full disk left of a line: Optuna could read nothing that comes after it."""
    if not journal.exists():
        return
    with _locked(journal.with_name("write.lock")), journal.open("rb+") as file:
        content = file.read()
        if not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)
