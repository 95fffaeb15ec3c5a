"""The search for settings of training that a member was trained with: its trials, and its choice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from timeshare.core.artifacts import read_json
from timeshare.core.config.errors import UserError
from timeshare.report.files import read_rows

DOES_WELL = 0.01  # of accuracy: a trial does well if it is no further from the best

T = TypeVar("T")
Value = Annotated[float | str, Field(union_mode="left_to_right")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
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
    valid_accuracy: Annotated[Share | None, Blank]
    epochs: Annotated[Annotated[int, Field(ge=1)] | None, Blank]
    training: Mapping[str, Value]


@dataclass(frozen=True)
class Choice:
    """What became of the trials.

    Attributes:
        trials: how many there were; 0 where nothing was tuned.
        training: the chosen value by key.
        instead_of: the value that params.yaml had, by key.
        tokens: that all fits were trained on.
        valid_accuracy: mean of the chosen setting over its seeds; None where all trials failed.
        guess_accuracy: share of the most frequent class among the validation texts.
    """

    trials: Annotated[int, Field(ge=0)]
    training: Mapping[str, Any]
    instead_of: Mapping[str, Any] = field(default_factory=dict)
    tokens: Annotated[int, Field(ge=0)] = 0
    valid_accuracy: Share | None = None
    guess_accuracy: Share = 0.0


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
    path = folder / "choice.json"
    if not path.exists():
        return None
    choice = _checked(path, Choice, read_json(path))
    if not choice.trials:
        return None
    path = folder / "trials.csv"
    rows = list(_with_space(read_rows(path)))
    trials = _checked(path, list[Trial], rows)
    if [one.trial for one in trials] != list(range(choice.trials)):
        raise _damaged(path, f"the trials are not those from 0 to {choice.trials - 1} that choice.json names")
    for one in trials:
        if (one.state == "failed") != (one.valid_accuracy is None):
            raise _damaged(path, f"trial {one.trial} is {one.state}, and its valid_accuracy says otherwise")
    return Tuning(choice, trials)


_FIXED = ("trial", "seed", "state", "valid_accuracy", "valid_loss", "best_epoch", "epochs", "tokens")


def _with_space(rows: Sequence[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """Each row with the columns of the space, which are all that are not fixed, under `training`."""
    for row in rows:
        space = {key: value for key, value in row.items() if key not in _FIXED}
        yield {key: value for key, value in row.items() if key in _FIXED} | {"training": space}


def _checked(path: Path, shape: type[T], content: object) -> T:
    try:
        return TypeAdapter(shape).validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"{path}: is damaged ({reason}); restore it, or remove its folder and run `make tune`")
