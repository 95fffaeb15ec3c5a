"""How training takes a choice."""

from pathlib import Path
from typing import Any

import pytest

from timeshare.core.artifacts import write_json
from timeshare.core.config.errors import UserError
from timeshare.train.settings import TrainSettings
from timeshare.tuning.choice import EMPTY, Choice, applied, choice_folder, read_choice, write_empty_choice

PATH = Path("choice.json")
CHOICE = Choice({"learning_rate": 0.01, "dropout": 0.5}, {"learning_rate": 0.003, "dropout": None}, 24)


def test_the_chosen_values_take_the_place_of_those_of_params() -> None:
    training, edited = applied(CHOICE, TrainSettings(max_epochs=3), PATH)
    assert training == TrainSettings(max_epochs=3, learning_rate=0.01, dropout=0.5)
    assert edited == {}


@pytest.mark.parametrize("edit", [{"learning_rate": 0.2}, {"dropout": 0.1}, {"learning_rate": 1.0, "dropout": 0.0}])
def test_a_key_that_was_edited_since_keeps_the_edit(edit: dict[str, Any]) -> None:
    training, edited = applied(CHOICE, TrainSettings(**edit), PATH)
    assert training == TrainSettings(**{**CHOICE.training, **edit})
    assert edited == edit


def test_a_member_that_was_not_tuned_trains_what_params_say(tmp_path: Path) -> None:
    folder = tmp_path / choice_folder("parity", "shared")
    write_empty_choice(folder)
    assert applied(read_choice(folder), TrainSettings(), PATH) == (TrainSettings(), {})
    assert [path.name for path in folder.iterdir()] == ["choice.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], ": Input should be an object"),
        ({"training": {}, "trials": 0}, "instead_of: Field required"),
        (dict(EMPTY) | {"training": None}, "training: Input should be an object"),
        (dict(EMPTY) | {"training": {"learning_rate": 1.0}}, "training and instead_of differ in their keys"),
        (dict(EMPTY) | {"trials": "many"}, "trials: Input should be a valid integer"),
        (dict(EMPTY) | {"guess_accuracy": 50}, "guess_accuracy: Input should be less than or equal to 1"),
    ],
    ids=str,
)
def test_a_damaged_choice_is_refused(tmp_path: Path, content: Any, reason: str) -> None:
    write_json(tmp_path / "choice.json", content)
    with pytest.raises(UserError) as caught:
        read_choice(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/choice.json: is damaged ({reason}")
    again = f"timeshare tune --now {tmp_path.parent.name} {tmp_path.name}"
    assert str(caught.value).endswith(f"; restore it, or remove {tmp_path}, and `{again}` makes it anew")


@pytest.mark.parametrize(
    ("chosen", "where"),
    [({"learning_rate": -1.0}, "learning_rate"), ({"rate": 1.0}, "rate"), ({"dropout": "x"}, "dro")],
)
def test_a_choice_that_training_does_not_take_is_refused(chosen: dict[str, Any], where: str) -> None:
    choice = Choice(chosen, {key: getattr(TrainSettings(), key, None) for key in chosen}, 1)
    with pytest.raises(UserError, match=rf"^choice\.json: training\.{where}.*: .*; restore it, or remove "):
        applied(choice, TrainSettings(), PATH)
