"""The stage tune and `timeshare tune --now`: which choices are kept, which are made, and what is said."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import tiny
from timeshare.core.config.errors import UserError
from timeshare.params import load_params
from timeshare.pipeline import tune
from timeshare.pipeline.identity.reads import MADE_OF
from timeshare.tuning import workers
from timeshare.tuning.choice import EMPTY, choice_folder
from timeshare.tuning.decision import Result
from timeshare.tuning.search import Member
from timeshare.tuning.trial import Outcome

PARAMS = tiny.params_of({"parity": tiny.PARITY}, {"shared": tiny.SHARED, "bag": {"encoder": "bag_of_words"}}) | {
    "tracking": {"enabled": False},
    "tuning": {"frozen": False, "trials": 1, "finalists": 0, "space": {"learning_rate": {"choices": [0.01, 0.1]}}},
}
STAGE = {
    "params": ["training", "trainer", "tuning"],
    "deps": ["data/prepared/${item.dataset}", "data/sizes/${item.dataset}/${item.model}.json", "code.py"],
}
FOLDER = choice_folder("parity", "shared")


@pytest.fixture(autouse=True)
def tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A project whose search takes no time: the models that it tuned."""
    monkeypatch.chdir(tmp_path)
    write_params()
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"tune": STAGE}}))
    for path in (
        "data/prepared/parity/train",
        "data/sizes/parity/shared.json",
        "data/sizes/parity/bag.json",
        "code.py",
    ):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("{}")
    tuned: list[str] = []

    def search(members: Sequence[Member], jobs: int, write: Callable[[Member, Result], None]) -> None:
        for member in members:
            tuned.append(member.model)
            trial = Outcome({"learning_rate": 0.1}, 5, 60.0, "", 0.75, 0.5, best_epoch=0, epochs=1, tokens=9)
            write(member, Result(member.tuning, member.training, {0: trial}, {}, 0.5))

    monkeypatch.setattr(workers, "tune", search)
    return tuned


def write_params(**sections: dict[str, Any]) -> None:
    content = {name: {**PARAMS[name], **section} for name, section in sections.items()}
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | content, sort_keys=False))


def run(*member: str, now: bool = False) -> None:
    tune.main(load_params(), *member, now=now)


def test_a_frozen_stage_says_that_nothing_was_tuned(tuned: list[str]) -> None:
    write_params(tuning={"frozen": True})
    run("parity", "shared")
    assert tuned == []
    assert [path.name for path in FOLDER.iterdir()] == ["choice.json"]
    assert json.loads((FOLDER / "choice.json").read_text()) == EMPTY


@pytest.mark.integration
def test_a_frozen_stage_imports_nothing_that_takes_long() -> None:
    write_params(tuning={"frozen": True})
    script = (
        "import sys; from timeshare.cli import run; run(['tune', 'parity', 'shared']); "
        "print({'torch', 'optuna', 'lightning', 'numpy'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "set()\n"


def test_a_choice_is_made_once_and_kept_while_it_is_true(tuned: list[str]) -> None:
    run("parity", "shared")
    assert json.loads((FOLDER / "choice.json").read_text())["training"] == {"learning_rate": 0.1}
    assert sorted(path.name for path in FOLDER.iterdir()) == ["choice.json", "finalists.csv", MADE_OF, "trials.csv"]
    run("parity", "shared")
    assert tuned == ["shared"]
    run(now=True)
    assert tuned == ["shared", "bag"]


EDITS: dict[str, Callable[[], object]] = {
    "the data": lambda: Path("data/prepared/parity/train").write_text("other"),
    "the code": lambda: Path("code.py").write_text("other"),
    "the space": lambda: write_params(tuning={"space": {"learning_rate": {"choices": [0.1]}}}),
    "the trials": lambda: write_params(tuning={"trials": 2}),
    "training": lambda: write_params(training={"batch_size": 5}),
    "the choice": lambda: (FOLDER / "choice.json").write_text("{}"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_choice_that_is_out_of_date_is_made_anew(tuned: list[str], edit: Callable[[], object]) -> None:
    run("parity", "shared")
    edit()
    run("parity", "shared")
    assert tuned == ["shared", "shared"]


@pytest.mark.parametrize("sections", [{"training": {"learning_rate": 0.5}}, {"tuning": {"storage": "sqlite:///x.db"}}])
def test_an_edit_of_a_tuned_key_or_of_the_place_of_trials_tunes_nothing(
    tuned: list[str], sections: dict[str, dict[str, Any]]
) -> None:
    run("parity", "shared")
    write_params(**sections)
    run("parity", "shared")
    assert tuned == ["shared"]


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({}, ""),
        ({"training": {"learning_rate": 0.5}}, ""),
        ({"training": {"batch_size": 5}, "trainer": {"threads": 1}}, "other settings (trainer, training) and stays"),
        ({"tuning": {"trials": 9}}, "other settings (tuning) and stays, since tuning.frozen is true; `timeshare tune "),
    ],
    ids=str,
)
def test_a_frozen_choice_stays_and_says_of_which_settings_it_is_not(
    tuned: list[str], capsys: pytest.CaptureFixture[str], sections: dict[str, dict[str, Any]], said: str
) -> None:
    run("parity", "shared")
    before = (FOLDER / "choice.json").read_bytes()
    write_params(**{**sections, "tuning": {**sections.get("tuning", {}), "frozen": True}})
    capsys.readouterr()
    run("parity", "shared")
    assert (FOLDER / "choice.json").read_bytes() == before
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == bool(said)
    run("parity", "shared", now=True)
    assert len(tuned) == 1 + bool(said)


@pytest.mark.parametrize(
    ("member", "now", "message"),
    [
        (("parity", "x"), False, "x: is no model of the run; name one of shared, bag, or add it to run.models"),
        (("x",), True, "x: is no dataset of the run; name one of parity, or add it to run.datasets"),
        (("parity",), False, "name a dataset and a model, or give --now to tune all members of the run"),
    ],
)
def test_wrong_names_are_one_line(member: tuple[str, ...], now: bool, message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}$"):
        run(*member, now=now)


def test_without_sizes_it_says_what_makes_them() -> None:
    Path("data/sizes/parity/bag.json").unlink()
    with pytest.raises(
        UserError, match=r"^data/sizes/parity/bag\.json: no such file; `dvc repro size@parity` makes it"
    ):
        run(now=True)
