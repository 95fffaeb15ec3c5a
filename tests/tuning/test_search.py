"""A search in small: real fits, whose files do not depend on who did them, and when."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.tuning.conftest import NewMember
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.tuning import search as search_module
from timeshare.tuning.ledger import Workers
from timeshare.tuning.search import Member, Search, tuning_folder
from timeshare.tuning.trial import Outcome, trial_seed
from timeshare.tuning.workers import tune, work

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def files_of(search: Search, folder: Path) -> dict[str, bytes]:
    result = search.result()
    assert result is not None
    folder.mkdir()
    result.write(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def elsewhere(member_of: NewMember, root: Path, folder: Path, **tuning: Any) -> Member:
    """The same search in a project of its own."""
    shutil.copytree(root / "data", folder / "data")
    return member_of(folder, **tuning)


def workers_of(member: Member) -> Workers:
    return Workers(tuning_folder(member.root) / "workers")


def test_a_search_gives_the_same_files_whatever_kills_and_processes(new_member: NewMember, tmp_path: Path) -> None:
    """One process from start to end; one that is broken off in its second epoch, and two that go on after it."""
    # Neither rows of test nor probes are there to be read.
    for path in tmp_path.glob("data/prepared/tiny/*"):
        if path.name.startswith(("test-", "probes-", "rows-")):
            path.unlink()
    unbroken = new_member()
    work([unbroken], workers_of(unbroken))
    expected = files_of(Search(unbroken), tmp_path / "expected")

    broken = elsewhere(new_member, tmp_path, tmp_path / "broken")
    search = Search(broken)
    fits = begun(broken, search)
    tune([broken], 2, lambda _, result: None)
    assert files_of(Search(broken), tmp_path / "again") == expected
    # What was done before the break is not done again: that one trial alone was begun twice.
    assert fits == ["0", "1"]
    begun_at_all = [trial.user_attrs["job"] for trial in search._trials._trials()]
    assert sorted(begun_at_all) == ["0", "1", "1", "2"]
    assert not list(broken.folder.glob("checkpoints/*"))


def begun(member: Member, search: Search) -> list[str]:
    """Do the first trial of a search, and break the second off after an epoch; their jobs."""
    data = PreparedData.open(member.prepared, ("train", "valid"))
    jobs = []

    def run() -> None:
        with workers_of(member).join() as worker:
            for after in (None, 1):
                task = search.next_task(worker)
                assert task is not None
                jobs.append(task.claim.job)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(search_module.Tracker, "open", lambda *_, after=after: Breaking(after))
                    search.perform(task, data)

    with pytest.raises(Broken):
        run()
    return jobs


class Broken(BaseException):
    """Ends a process at once; of an interrupt Lightning makes something else."""


class Breaking:
    """Stands for a Tracker, and ends the process when it hears of an epoch."""

    def __init__(self, epoch: int | None) -> None:
        self._epoch = epoch

    def metrics(self, values: object, step: int = 0) -> None:
        if self._epoch is not None and step == self._epoch:
            raise Broken

    def params(self, values: object) -> None: ...

    def __enter__(self) -> "Breaking":
        return self

    def __exit__(self, *_: object) -> None: ...
