"""What tuning has chosen for a member, and how training takes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from timeshare.core.artifacts import checked, read_json, whole_directory, write_json
from timeshare.core.config.base import Fraction
from timeshare.core.config.errors import UserError

if TYPE_CHECKING:
    from timeshare.train.settings import TrainSettings

CHOICE, TRIALS, FINALISTS = "choice.json", "trials.csv", "finalists.csv"
# Of a member that was not tuned.
EMPTY: Mapping[str, Any] = {"training": {}, "instead_of": {}, "trials": 0}

Number = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Choice:
    """A member's choice, and what became of the trials.

    Attributes:
        training: the chosen values by their keys; none if nothing was tuned, or no trial came to its end.
        instead_of: the values that params.yaml had then.
        trials: how many were tried; 0 where nothing was tuned.
        tokens: that all fits were trained on.
        valid_accuracy: mean of the chosen setting over its seeds; None where all trials failed.
        guess_accuracy: share of the most frequent class among the validation texts.
    """

    training: Mapping[str, Any]
    instead_of: Mapping[str, Any]
    trials: Number
    tokens: Number = 0
    valid_accuracy: Fraction | None = None
    guess_accuracy: Fraction = 0.0


_CHOICE = TypeAdapter(Choice)


def choice_folder(dataset: str, model: str) -> Path:
    """Where a member's choice and the tables of its trials are."""
    return Path("tuning") / dataset / model


def write_empty_choice(folder: Path) -> None:
    """Say that nothing was tuned."""
    with whole_directory(folder) as scratch:
        write_json(scratch / CHOICE, EMPTY)


def read_choice(folder: Path) -> Choice:
    """Read choice.json.

    Raises:
        UserError: it is missing or damaged.
    """
    path = folder / CHOICE
    choice = checked(path, read_json(path), _CHOICE, remedy=remedy_for(folder))
    if choice.training.keys() != choice.instead_of.keys():
        raise UserError(f"{path}: is damaged (training and instead_of differ in their keys); {remedy_for(folder)}")
    return choice


def remedy_for(folder: Path) -> str:
    """What makes damaged files of a choice anew."""
    return (
        f"restore it, or remove {folder}, and `timeshare tune --now {folder.parent.name} {folder.name}` makes it anew"
    )


def applied(choice: Choice, training: "TrainSettings", path: Path) -> tuple["TrainSettings", dict[str, Any]]:
    """Settings of training with the chosen values in them.

    Args:
        choice: the choice.
        training: what params.yaml says for the member.
        path: of the choice, for messages.
    Returns:
        The settings, and the present values of the keys that were edited since: there the edit wins.
    Raises:
        UserError: a chosen key or value is none that training takes.
    """
    given = training.model_dump(mode="json")
    edited = {key: given[key] for key, value in choice.instead_of.items() if key in given and given[key] != value}
    values = {key: value for key, value in choice.training.items() if key not in edited}
    try:
        return type(training).model_validate_json(json.dumps(given | values)), edited
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(map(str, detail["loc"][:1]))
        raise UserError(f"{path}: training.{where}: {detail['msg']}; {remedy_for(path.parent)}") from None
