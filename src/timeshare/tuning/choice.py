"""What tuning has chosen for a member, and how training takes it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from timeshare.core.artifacts import read_json, whole_directory, write_json
from timeshare.core.config.errors import UserError
from timeshare.train.settings import TrainSettings

CHOICE, TRIALS, FINALISTS = "choice.json", "trials.csv", "finalists.csv"
# Of a member that was not tuned.
EMPTY: Mapping[str, Any] = {"training": {}, "instead_of": {}, "trials": 0}


class Choice(NamedTuple):
    """A member's choice.

    Attributes:
        training: the chosen values by their keys; none if nothing was tuned, or no trial came to its end.
        instead_of: the values that params.yaml had then.
        trials: how many were tried.
    """

    training: dict[str, Any]
    instead_of: dict[str, Any]
    trials: int


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
    content = read_json(path)
    try:
        choice = Choice(**{name: content[name] for name in Choice._fields})
        if choice.training.keys() != choice.instead_of.keys() or not isinstance(choice.trials, int):
            raise TypeError
    except (AttributeError, KeyError, TypeError):
        raise UserError(f"{path}: is damaged; remove {folder}, and `dvc repro` or `make tune` makes it anew") from None
    return choice


def applied(choice: Choice, training: TrainSettings, path: Path) -> tuple[TrainSettings, dict[str, Any]]:
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
        return TrainSettings.model_validate_json(json.dumps(given | values)), edited
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(map(str, detail["loc"][:1]))
        raise UserError(f"{path}: training.{where}: {detail['msg']}; run `make tune`, or correct it") from None
