"""The search for a member's settings, fit by fit: which is next, doing it, and what has been done."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from timeshare.core.artifacts import digest
from timeshare.core.prepared.layout import part_path, read_meta
from timeshare.core.prepared.store import PreparedData
from timeshare.core.progress import Note
from timeshare.models.saved import Blueprint
from timeshare.tracking.identity import RunIdentity
from timeshare.tracking.settings import TrackingSettings
from timeshare.tracking.tracker import Tracker
from timeshare.train.settings import TrainerSettings, TrainSettings
from timeshare.tuning.decision import Result, value_of
from timeshare.tuning.ledger import Claim, Ledger
from timeshare.tuning.settings import TuningSettings
from timeshare.tuning.storage import Storage, Workers, storage_errors
from timeshare.tuning.trial import Outcome, run_trial, trial_seed

# Takes precedence over `tuning.storage`: an address may hold a password.
STORAGE_VARIABLE = "TIMESHARE_TUNING_STORAGE"


@dataclass(frozen=True)
class Member:
    """What a search is about, in plain values, so that it can be handed to another process.

    Attributes:
        root: the project's folder.
        dataset: with `model`: the member.
        training: what params.yaml says of its training.
        trainer: on what it is trained.
        tuning: how it is tuned.
        tracking: where runs are recorded.
        run: the MLflow run of the search, with one below it for each fit.
        key: digest of all that a fit depends on but its own settings and seed: fits of another key are not these.
    """

    root: Path
    dataset: str
    model: str
    training: TrainSettings
    trainer: TrainerSettings
    tuning: TuningSettings
    tracking: TrackingSettings
    run: RunIdentity
    key: str

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.dataset} {self.model}"

    @property
    def fits(self) -> int:
        """How many fits the search takes, if no trial fails."""
        return self.tuning.trials + min(self.tuning.finalists, self.tuning.trials) * self.tuning.finalist_seeds

    @property
    def prepared(self) -> Path:
        """Its prepared data."""
        return self.root / "data/prepared" / self.dataset

    @property
    def blueprint(self) -> Path:
        """How its model is built."""
        return self.root / "data/sizes" / self.dataset / f"{self.model}.json"

    @property
    def folder(self) -> Path:
        """Where the search keeps what is no output: the trials that are done, and checkpoints."""
        return tuning_folder(self.root) / f"{self.dataset}-{self.model}-{self.key[:16]}"


def tuning_folder(root: Path) -> Path:
    """Where all searches of a project keep that."""
    return root / ".timeshare/tuning"


@dataclass(frozen=True)
class Task:
    """A fit to be done.

    Attributes:
        claim: on it.
        ledger: that it is to be recorded in.
        name: such as `trial 7`, or `trial 7 again 1`.
        settings: values by key of `training`.
        seed: of the fit.
    """

    claim: Claim
    ledger: Ledger
    name: str
    settings: Mapping[str, Any]
    seed: int


class Search:
    """A member's search: first its trials, then the best of them again with further seeds.

    Args:
        member: what is searched for.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self._address = os.environ.get(STORAGE_VARIABLE) or member.tuning.storage
        workers = Workers(tuning_folder(member.root) / "workers")
        name = f"{member.dataset}-{member.model}-{member.key[:16]}"
        maximise = member.training.select == "valid_accuracy"
        with storage_errors(self._address):
            storage = Storage(member.folder, self._address)
            # Two studies, so that a sampler that looks at trials sees no finalists among them.
            self._trials = Ledger(storage, name, maximise, workers)
            self._further = Ledger(storage, f"{name}-finalists", maximise, workers)

    def next_task(self, worker: str) -> Task | None:
        """Take on a fit for a worker; None where there is none to be begun just now."""
        tuning = self.member.tuning
        jobs = [str(number) for number in range(tuning.trials)]
        with storage_errors(self._address):
            claim = self._trials.claim(jobs, worker, in_order=tuning.sampler == "tpe")
            if claim is not None:
                settings = self._trials.draw(claim, tuning)
                seed = trial_seed(tuning.seed, "trial", claim.job)
                return Task(claim, self._trials, f"trial {claim.job}", settings, seed)
            again = self.result().again
            claim = self._further.claim([f"{number}/{place}" for number, place in again], worker)
        if claim is None:
            return None
        number, place = _place(claim.job)
        # The same further seeds for each finalist, so that these are compared on equal terms.
        seed = trial_seed(tuning.seed, "finalist", place)
        return Task(claim, self._further, f"trial {number} again {place}", again[number, place], seed)

    def perform(self, task: Task, data: PreparedData) -> Outcome:
        """Do a fit, and record what it came to."""
        with task.ledger.working(task.claim):
            outcome = carry_out(self.member, task.name, task.settings, task.seed, data)
        self.record(task, outcome)
        return outcome

    def record(self, task: Task, outcome: Outcome) -> None:
        """Record what a fit came to; its checkpoint has served."""
        with storage_errors(self._address):
            task.ledger.record(task.claim, asdict(outcome), value_of(outcome, self.member.training.select))
        shutil.rmtree(checkpoints_of(self.member, task.name), ignore_errors=True)

    def result(self) -> Result:
        """What it has come to so far; other processes may be at work on it."""
        with storage_errors(self._address):
            trials, further = self._trials.outcomes(), self._further.outcomes()
        numbers = range(self.member.tuning.trials)
        return Result(
            self.member.tuning,
            self.member.training,
            {number: Outcome(**trials[str(number)]) for number in numbers if str(number) in trials},
            {_place(job): Outcome(**found) for job, found in further.items()},
            self._guess_accuracy,
        )

    @cached_property
    def _guess_accuracy(self) -> float:
        """The share of the most frequent class among the validation rows."""
        folder = self.member.prepared
        meta = read_meta(folder / "meta.json")
        counts = np.zeros(len(meta["classes"]), dtype=np.int64)
        for bucket in range(len(meta["splits"]["valid"]["buckets"])):
            labels = np.load(part_path(folder, "valid", bucket, "labels"), allow_pickle=False)
            counts += np.bincount(labels, minlength=len(counts))
        return int(counts.max()) / int(counts.sum())


def carry_out(
    member: Member, name: str, settings: Mapping[str, Any], seed: int, data: PreparedData, note: Note | None = None
) -> Outcome:
    """Do a fit of a member's search, with a run of its own below the search's.

    Args:
        member: whose search it is.
        name: of the fit.
        settings: values by key of `training`.
        seed: of the fit.
        data: prepared, of which train and valid are read.
        note: called with how far it is, where somebody shows it.
    """
    run = RunIdentity(
        member.run.experiment,
        name,
        digest({"tuning": member.key, "task": name}),
        {**member.run.tags, "timeshare.trial": name},
        inputs=member.run.inputs,
        parent=member.run,
    )
    with Tracker.open(member.root, member.tracking, run) as tracker:
        tracker.params({**settings, "seed": seed})
        outcome = run_trial(
            Blueprint.load(member.blueprint),
            data,
            training=member.training,
            settings=settings,
            trainer=member.trainer,
            seed=seed,
            checkpoints=checkpoints_of(member, name),
            publish=lambda epoch, figures: tracker.metrics(
                {f"epoch/{name}": value for name, value in figures.items()}, step=epoch
            ),
            note=note,
        )
        tracker.metrics({**outcome.figures(), "minutes": outcome.seconds / 60})
        if outcome.failed:
            tracker.tags({"timeshare.reason": outcome.failed})
    return outcome


def checkpoints_of(member: Member, name: str) -> Path:
    """Where a fit of a search keeps its checkpoint."""
    return member.folder / "checkpoints" / name.replace(" ", "-")


def _place(job: str) -> tuple[int, int]:
    """The trial and the place of the seed of a further fit, which its job is called by."""
    number, place = map(int, job.split("/"))
    return number, place
