"""A search in small: real fits, whose files do not depend on who did them, and when."""

import contextlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tuning.conftest import NewMember
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.tuning import search as search_module
from timeshare.tuning.search import Member, Search, tuning_folder
from timeshare.tuning.storage import Workers
from timeshare.tuning.trial import Outcome
from timeshare.tuning.workers import tune, work

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def files_of(search: Search, folder: Path) -> dict[str, bytes]:
    result = search.result()
    assert result.is_whole
    folder.mkdir()
    result.write(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def elsewhere(member_of: NewMember, root: Path, folder: Path, **tuning: Any) -> Member:
    """The same search in a project of its own."""
    shutil.copytree(root / "data", folder / "data")
    return member_of(folder, **tuning)


def workers_of(member: Member) -> Workers:
    return Workers(tuning_folder(member.root) / "workers")


@pytest.mark.thorough
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


class Fits(list[dict[str, Any]]):
    """What each of the fits was asked for; they take no time. The higher the learning rate, the better, to a point."""

    fails_above = 1.0

    def __call__(self, *_: object, settings: dict[str, Any], seed: int, **__: object) -> Outcome:
        self.append({"seed": seed, **settings})
        rate = settings["learning_rate"]
        if rate > self.fails_above:
            return Outcome(settings, seed, 0.0, failed="the loss is nan")
        return Outcome(settings, seed, 0.0, "", rate, 0.5, best_epoch=0, epochs=1, tokens=1)

    def best(self, count: int) -> set[float]:
        """The highest learning rates."""
        return set(sorted({fit["learning_rate"] for fit in self})[-count:])


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Fits:
    """In place of real ones."""
    fits = Fits()
    monkeypatch.setattr(search_module, "run_trial", fits)
    return fits


def test_more_trials_take_up_those_that_are_there(new_member: NewMember, tmp_path: Path, fits: Fits) -> None:
    few, many = {"finalists": 1}, {"trials": 6, "finalists": 2, "finalist_seeds": 2}
    for amounts in (few, many):
        work([new_member(**amounts)], workers_of(new_member()))
    assert len({json.dumps(fit) for fit in fits}) == len(fits)
    expected = files_of(Search(new_member(**few)), tmp_path / "few after many")
    shutil.rmtree(new_member().folder)
    work([new_member(**few)], workers_of(new_member()))
    assert files_of(Search(new_member(**few)), tmp_path / "few alone") == expected


def test_every_fit_has_a_seed_of_its_own_and_none_of_those_of_the_run(new_member: NewMember, fits: Fits) -> None:
    member = new_member(trials=20, finalists=2, finalist_seeds=2)
    work([member], workers_of(member))
    trials, further = fits[:20], fits[20:]
    assert len({fit["seed"] for fit in trials}) == 20
    assert all(fit["seed"] > 1_000_000_000 for fit in fits)
    # The finalists are compared on the same ones.
    seeds = [{fit["seed"] for fit in further if fit["learning_rate"] == rate} for rate in fits.best(2)]
    assert seeds[0] == seeds[1]
    assert len(seeds[0]) == 2
    assert not seeds[0] & {fit["seed"] for fit in trials}


def test_all_models_get_the_same_trials(new_member: NewMember, fits: Fits) -> None:
    members = [new_member(finalists=0), replace(new_member(finalists=0), model="other", key="c" * 64)]
    shutil.copy(members[0].blueprint, members[1].blueprint)
    work(members, workers_of(members[0]))
    assert fits[:3] == fits[3:]
    assert len(fits) == 6


def test_a_trial_that_fails_counts_and_is_not_chosen(new_member: NewMember, fits: Fits) -> None:
    fits.fails_above = 0.02
    member = new_member(trials=8, finalists=0)
    work([member], workers_of(member))
    result = Search(member).result()
    assert result.is_whole
    assert 0 < sum(bool(trial.failed) for trial in result.trials.values()) < 8
    assert result.winner is not None
    assert result.choice()["training"]["learning_rate"] <= 0.02
    fits.fails_above = 0.0
    hopeless = replace(new_member(trials=2), key="d" * 64)
    work([hopeless], workers_of(hopeless))
    result = Search(hopeless).result()
    assert result.is_whole
    assert result.choice()["training"] == {}
    assert result.choice()["trials"] == 2


def test_tpe_looks_at_the_trials_before_and_is_the_same_after_a_kill(
    new_member: NewMember, tmp_path: Path, fits: Fits
) -> None:
    member = new_member(trials=14, sampler="tpe", finalists=0)
    work([member], workers_of(member))
    expected = files_of(Search(member), tmp_path / "expected")
    rates = [fit["learning_rate"] for fit in fits]
    shutil.rmtree(member.folder)
    search = Search(member)
    data = PreparedData.open(member.prepared, ("train", "valid"))
    with contextlib.suppress(Broken), workers_of(member).join() as worker:
        for _ in range(12):
            task = search.next_task(worker)
            assert task is not None
            search.perform(task, data)
        assert search.next_task(worker) is not None
        # Nobody else takes the next before this one is done.
        assert Search(member).next_task(worker) is None
        raise Broken
    work([member], workers_of(member))
    assert files_of(Search(member), tmp_path / "again") == expected
    work([replace(new_member(trials=14, finalists=0), key="e" * 64)], workers_of(member))
    assert [fit["learning_rate"] for fit in fits[-14:]] != rates


def test_two_projects_over_one_database_share_the_fits(new_member: NewMember, tmp_path: Path, fits: Fits) -> None:
    address = f"sqlite:///{tmp_path / 'trials.db'}"
    one = new_member(storage=address)
    other = elsewhere(new_member, tmp_path, tmp_path / "other", storage=address)
    searches = [Search(member) for member in (one, other)]
    data = PreparedData.open(one.prepared, ("train", "valid"))
    with workers_of(one).join() as first, workers_of(other).join() as second:
        for search, worker in zip(searches * 2, (first, second) * 2, strict=True):
            task = search.next_task(worker)
            if task is not None:
                search.perform(task, data)
    work([other], workers_of(other))
    assert len(fits) == 3 + 2
    assert files_of(searches[0], tmp_path / "one") == files_of(searches[1], tmp_path / "two")


def test_an_address_of_the_environment_takes_precedence(
    new_member: NewMember, tmp_path: Path, fits: Fits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMESHARE_TUNING_STORAGE", f"sqlite:///{tmp_path / 'mine.db'}")
    member = new_member(storage="postgresql://nonesuch.invalid/x")
    work([member], workers_of(member))
    assert (tmp_path / "mine.db").exists()


def test_what_the_user_can_mend_ends_the_search_with_one_line(new_member: NewMember, tmp_path: Path) -> None:
    for path in tmp_path.glob("data/prepared/tiny/train-*.tokens.npy"):
        path.write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"train-000\.tokens\.npy: is damaged"):
        tune([new_member()], 1, lambda *_: None)


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
