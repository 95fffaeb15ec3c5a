"""Objects of DVC's cache, by their md5, to and from the project's remote; a remote that is away is waited for."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.exceptions import DvcException
from dvc_data.hashfile import load
from dvc_data.hashfile.checkout import checkout
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.transfer import transfer
from dvc_objects.errors import ObjectFormatError

from timeshare.core.config.errors import UserError

if TYPE_CHECKING:
    from dvc.repo import Repo

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 60.0
# So long a remote may be away. A fit that is done is not thrown away for less.
_AWAY_SECONDS = 3600.0


class AwayError(Exception):
    """Something is not with the remote, or could not be brought there."""


class Objects:
    """A repository's way to its remote.

    Args:
        repo: opened by DVC.
        say: called with a line where the remote is away.
    """

    def __init__(self, repo: "Repo", say: Callable[[str], None]) -> None:
        self._repo = repo
        self._say = say
        self._there: set[str] = set()

    def push(self, md5s: Iterable[str]) -> None:
        """Bring objects of the cache, and for folders all that is in them, to the remote.

        Raises:
            UserError: the remote has been away for too long.
        """
        new = set(md5s) - self._there
        if new:
            self._until_done("cannot be written", lambda: self._push(new))
            self._there |= new

    def fetch(self, md5s: Iterable[str]) -> None:
        """Bring objects to the cache from the remote, if it has not all of them.

        Raises:
            UserError: the remote has been away for too long, or never had them.
        """
        wanted = set(md5s)
        if not all(self._is_cached(md5) for md5 in wanted):
            self._until_done("cannot be read", lambda: self._fetch(wanted))
        self._there |= wanted

    def lay_out(self, md5: str, path: Path) -> None:
        """Put a file or folder of the cache in a place in the project."""
        cache = self._repo.cache.local
        place = str(Path(self._repo.root_dir) / path)
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        checkout(place, self._repo.fs, load(cache, _hash(md5)), cache, force=True, quiet=True, state=self._repo.state)

    def _push(self, md5s: set[str]) -> None:
        remote, cache = self._repo.cloud.get_remote_odb(None, "push"), self._repo.cache.local
        with self._repo.lock:
            # A folder's list goes last, so that what has the list has the files.
            for names in ({file for md5 in md5s for file in self._files_of(md5)} - md5s, md5s):
                done = transfer(cache, remote, set(map(_hash, names)), cache_odb=cache)
                if done.failed:
                    raise AwayError(f"{len(done.failed)} objects were not written")

    def _fetch(self, md5s: set[str]) -> None:
        remote, cache = self._repo.cloud.get_remote_odb(None, "fetch"), self._repo.cache.local

        def fetch(names: set[str]) -> None:
            new = {name for name in names if not cache.exists(name)}
            transfer(remote, cache, set(map(_hash, new)), cache_odb=cache, verify=remote.verify)
            missing = sorted(name for name in new if not cache.exists(name))
            if missing:
                raise AwayError(f"it does not have {missing[0]}")

        with self._repo.lock:
            fetch(md5s)
            fetch({file for md5 in md5s for file in self._files_of(md5)})

    def _files_of(self, md5: str) -> list[str]:
        """An object of the cache, or for a folder the objects that are in it."""
        if not md5.endswith(".dir"):
            return [md5]
        tree: Any = load(self._repo.cache.local, _hash(md5))
        return [entry.value for _, _, entry in tree]

    def _is_cached(self, md5: str) -> bool:
        cache = self._repo.cache.local
        return bool(cache.exists(md5)) and all(cache.exists(file) for file in self._files_of(md5))

    def _until_done(self, what: str, action: Callable[[], Any]) -> None:
        pause, deadline = _FIRST_PAUSE_SECONDS, time.monotonic() + _AWAY_SECONDS
        while True:
            try:
                return action()
            except (OSError, DvcException, ObjectFormatError, AwayError) as error:
                reason = " ".join(str(error).split())
            name = self._repo.config["core"].get("remote")
            if time.monotonic() > deadline:
                raise UserError(f"the DVC remote {name} {what} ({reason}); make it reachable, and run again")
            self._say(f"the DVC remote {name} {what} ({reason}); the next try is in {pause:.0f} s")
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _hash(md5: str) -> HashInfo:
    return HashInfo("md5", md5)
