"""Which fits of a search are done, and which process has which: kept by Optuna, in a file or a database.

Optuna numbers its trials in the order in which they are begun. What is to be done has names of its own here, jobs, so
that a job whose process died can be begun again: as another of Optuna's trials, with the same job. Of several that are
there for one job the first counts.

This module and `storage` alone import Optuna.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from timeshare.core.seeding import derived_seed
from timeshare.tuning.settings import Dimension, TuningSettings
from timeshare.tuning.storage import Storage, Workers

_JOB, _WORKER, _BEAT, _OUTCOME = "job", "worker", "beat", "outcome"
_SAMPLERS = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}
# Of workers on other machines: they say so often that they live, and are dead when they have not for so long.
_BEAT_SECONDS, _DEAD_SECONDS = 20.0, 300.0


@dataclass(frozen=True)
class Claim:
    """A job that this process has taken on.

    Attributes:
        job: its name.
        trial_id: of Optuna's trial.
    """

    job: str
    trial_id: int


class Ledger:
    """The jobs of one search, each done once.

    Args:
        storage: where it is kept.
        name: of the search in it.
        maximise: whether the highest value is the best.
        workers: those of this machine.
    """

    def __init__(self, storage: Storage, name: str, maximise: bool, workers: Workers) -> None:
        self._storage, self._backend, self._workers = storage, storage.backend, workers
        direction = StudyDirection.MAXIMIZE if maximise else StudyDirection.MINIMIZE
        optuna.create_study(storage=self._backend, study_name=name, direction=direction, load_if_exists=True)
        self._name = name
        self._study_id = self._backend.get_study_id_from_name(name)
        self._beats: dict[int, tuple[Any, float]] = {}

    def outcomes(self) -> dict[str, Any]:
        """What the jobs that are done came to."""
        found: dict[str, Any] = {}
        for trial in self._trials():
            if _OUTCOME in trial.user_attrs:
                found.setdefault(trial.user_attrs[_JOB], trial.user_attrs[_OUTCOME]["fit"])
        return found

    def claim(self, jobs: Sequence[str], worker: str, *, in_order: bool = False) -> Claim | None:
        """Take on the first of some jobs that is neither done nor under way.

        Args:
            jobs: their names.
            worker: the name of this process among the workers.
            in_order: take a job only when all before it are done.
        """
        with self._storage.claiming():
            self._give_up_the_dead()
            firsts = self._firsts()
            for job in jobs:
                if job not in firsts:
                    self._open(job)
                    firsts = self._firsts()
                first = firsts[job]
                if _OUTCOME in first.user_attrs:
                    continue
                trial_id = self._id(first)
                if first.state is TrialState.WAITING and self._take(trial_id):
                    self._backend.set_trial_user_attr(trial_id, _WORKER, worker)
                    return Claim(job, trial_id)
                if in_order:
                    break
        return None

    def draw(self, claim: Claim, tuning: TuningSettings) -> dict[str, Any]:
        """The settings of a job: from its name and `tuning.seed` alone, but that tpe looks at those done before."""
        sampler = _SAMPLERS[tuning.sampler](seed=derived_seed(tuning.seed, "tuning", "draw", claim.job) % 2**32)
        study = optuna.load_study(storage=self._backend, study_name=self._name, sampler=sampler)
        trial = optuna.Trial(study, claim.trial_id)
        return {key: _drawn(trial, key, dimension) for key, dimension in tuning.space.items()}

    def working(self, claim: Claim) -> AbstractContextManager[object]:
        """Let other machines see, in the block, that the job is under way."""
        return _beating(self._backend, claim.trial_id) if self._storage.is_shared else nullcontext()

    def record(self, claim: Claim, outcome: Mapping[str, Any], value: float | None) -> None:
        """Record what a job came to; nothing if others had to take this process for dead, and began it again.

        Args:
            claim: the job.
            outcome: plain JSON values.
            value: what is to be the best; None where the job failed.
        """
        try:
            self._backend.set_trial_user_attr(claim.trial_id, _OUTCOME, {"fit": dict(outcome), "value": value})
            self._end(claim.trial_id, value)
        except optuna.exceptions.UpdateFinishedTrialError:
            pass

    def _trials(self) -> list[FrozenTrial]:
        return self._backend.get_all_trials(self._study_id, deepcopy=False)

    def _id(self, trial: FrozenTrial) -> int:
        return self._backend.get_trial_id_from_study_id_trial_number(self._study_id, trial.number)

    def _firsts(self) -> dict[str, FrozenTrial]:
        """The trial that counts for each job: the first that was not given up."""
        found: dict[str, FrozenTrial] = {}
        for trial in self._trials():
            if trial.state is not TrialState.FAIL or _OUTCOME in trial.user_attrs:
                found.setdefault(trial.user_attrs[_JOB], trial)
        return found

    def _open(self, job: str) -> None:
        waiting = optuna.trial.create_trial(state=TrialState.WAITING, user_attrs={_JOB: job})
        self._backend.create_new_trial(self._study_id, template_trial=waiting)

    def _take(self, trial_id: int) -> bool:
        try:
            return self._backend.set_trial_state_values(trial_id, TrialState.RUNNING)
        except optuna.exceptions.UpdateFinishedTrialError:
            return False

    def _end(self, trial_id: int, value: float | None) -> None:
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        self._backend.set_trial_state_values(trial_id, state, None if value is None else [value])

    def _give_up_the_dead(self) -> None:
        """Open again what a process had begun that is no more."""
        for trial in self._trials():
            if trial.state is TrialState.RUNNING and not self._lives(trial):
                try:
                    outcome = trial.user_attrs.get(_OUTCOME)  # it may have died just after it was done
                    self._end(self._id(trial), None if outcome is None else outcome["value"])
                except optuna.exceptions.UpdateFinishedTrialError:
                    pass

    def _lives(self, trial: FrozenTrial) -> bool:
        worker = trial.user_attrs.get(_WORKER)
        if worker is not None and self._workers.know(worker):
            return self._workers.has(worker)
        if not self._storage.is_shared:
            return False
        # By this process's own clock: those of two machines may differ.
        now, sign = time.monotonic(), trial.user_attrs.get(_BEAT)
        if self._beats.get(trial.number, (None, 0.0))[0] != sign or trial.number not in self._beats:
            self._beats[trial.number] = (sign, now)
        return now - self._beats[trial.number][1] < _DEAD_SECONDS


def _drawn(trial: optuna.Trial, key: str, dimension: Dimension) -> Any:
    if dimension.choices is not None:
        return trial.suggest_categorical(key, dimension.choices)
    low, high = dimension.low, dimension.high
    assert low is not None
    assert high is not None
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(key, low, high, log=dimension.log)
    return trial.suggest_float(key, low, high, log=dimension.log)


@contextmanager
def _beating(backend: optuna.storages.BaseStorage, trial_id: int) -> Iterator[None]:
    stopped = threading.Event()

    def beat() -> None:
        count = 0
        while not stopped.wait(_BEAT_SECONDS):
            count += 1
            try:
                backend.set_trial_user_attr(trial_id, _BEAT, count)
            except (optuna.exceptions.OptunaError, SQLAlchemyError):
                continue  # The database may be back for the next one.

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
