"""The search for settings of training that a member was trained with: its trials, and its choice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter

from timeshare.core.artifacts import checked
from timeshare.core.config.base import Fraction
from timeshare.core.config.errors import UserError
from timeshare.report.files import read_rows
from timeshare.tuning.choice import CHOICE, TRIALS, Choice, read_choice, remedy_for

DOES_WELL = 0.01  # of accuracy: a trial does well if it is no further from the best

Value = Annotated[float | str, Field(union_mode="left_to_right")]
# Fields of a CSV file that are empty where a trial failed.
Blank = BeforeValidator(lambda given: None if given == "" else given)


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Attributes:
        trial: its number, from 0.
        state: failed where the loss was no number.
        valid_accuracy: share of validation texts that its best epoch labelled right; None where it failed.
        epochs: how many it was trained for; None where that is not said.
        training: value by key of the space.
    """

    trial: int
    state: Literal["complete", "failed"]
    valid_accuracy: Annotated[Fraction | None, Blank]
    epochs: Annotated[Annotated[int, Field(ge=1)] | None, Blank]
    training: Mapping[str, Value]


_TABLE = TypeAdapter(list[Trial])


@dataclass(frozen=True)
class Tuning:
    """The search of one dataset x model."""

    choice: Choice
    trials: Sequence[Trial]

    @property
    def accuracies(self) -> list[float]:
        """Of each trial. A failed one counts as the worst: as the least of all others and of a constant answer."""
        known = [trial.valid_accuracy for trial in self.trials if trial.valid_accuracy is not None]
        worst = min([*known, self.choice.guess_accuracy])
        return [worst if trial.valid_accuracy is None else trial.valid_accuracy for trial in self.trials]

    @property
    def failed(self) -> int:
        """How many trials failed."""
        return sum(trial.state == "failed" for trial in self.trials)

    @property
    def doing_well(self) -> list[Trial]:
        """The trials within `DOES_WELL` of the best."""
        least = max(self.accuracies) - DOES_WELL - 1e-9  # 0.79 is within 0.01 of 0.8, whatever floats make of it
        return [one for one in self.trials if one.valid_accuracy is not None and one.valid_accuracy >= least]

    @property
    def looks(self) -> int:
        """How many accuracies the best of all was chosen from: one an epoch of each trial."""
        return sum(trial.epochs or 1 for trial in self.trials)


def read_tuning(folder: Path) -> Tuning | None:
    """What `tune` left in tuning/DATASET/MODEL; None where nothing was tuned.

    Raises:
        UserError: a file is damaged, or the two don't agree.
    """
    if not (folder / CHOICE).exists():
        return None
    choice = read_choice(folder)
    if not choice.trials:
        return None
    path, remedy = folder / TRIALS, remedy_for(folder)
    trials = checked(path, list(_with_space(read_rows(path))), _TABLE, remedy=remedy, strict=False)
    if [one.trial for one in trials] != list(range(choice.trials)):
        last = choice.trials - 1
        raise UserError(f"{path}: is damaged (the trials are not those from 0 to {last} that {CHOICE} names); {remedy}")
    for one in trials:
        if (one.state == "failed") != (one.valid_accuracy is None):
            what = f"trial {one.trial} is {one.state}, and its valid_accuracy says otherwise"
            raise UserError(f"{path}: is damaged ({what}); {remedy}")
    return Tuning(choice, trials)


_FIXED = ("trial", "seed", "state", "valid_accuracy", "valid_loss", "best_epoch", "epochs", "tokens")


def _with_space(rows: Sequence[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """Each row with the columns of the space, which are all that are not fixed, under `training`."""
    for row in rows:
        space = {key: value for key, value in row.items() if key not in _FIXED}
        yield {key: value for key, value in row.items() if key in _FIXED} | {"training": space}
