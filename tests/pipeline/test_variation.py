"""How runs are called by what params.yaml changes of its commit."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.members import git
from timeshare.pipeline.variation import UNSET, called, changes, of_member, of_repro, shown

PARAMS: dict[str, Any] = {
    "run": {"models": ["shared", "matched"], "seeds": [0]},
    "datasets": {"parity": {"source": "formal", "train_size": 10}},
    "models": {
        "shared": {"encoder": "lstm", "hidden_size": 64},
        "matched": {"encoder": "lstm", "match_parameters": "shared"},
    },
    "training": {"learning_rate": 0.003, "stop": None},
    "tracking": {"uri": "sqlite:///mlflow.db"},
}


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    write(tmp_path, PARAMS)
    git(tmp_path, "init")
    git(tmp_path, "add", "params.yaml")
    git(tmp_path, "commit", "--message", "first")
    return tmp_path


def write(root: Path, params: dict[str, Any]) -> None:
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def edited(**sections: dict[str, Any]) -> dict[str, Any]:
    """PARAMS with dotted keys set in its sections."""
    params: dict[str, Any] = yaml.safe_load(yaml.safe_dump(PARAMS))
    for section, values in sections.items():
        for key, value in values.items():
            *path, last = key.split(".")
            place = params[section]
            for part in path:
                place = place.setdefault(part, {})
            place[last] = value
    return params


def test_what_is_committed_is_no_variation(committed: Path) -> None:
    assert changes(committed) == {}
    text = (committed / "params.yaml").read_text()
    (committed / "params.yaml").write_text("# a comment\n" + text)
    assert changes(committed) == {}
    write(committed, edited(models={"shared.hidden_size": 128}))
    assert changes(committed) == {"models.shared.hidden_size": 128}
    git(committed, "commit", "--all", "--message", "second")
    assert changes(committed) == {}


@pytest.mark.parametrize(
    ("params", "model", "label"),
    [
        pytest.param(edited(models={"shared.hidden_size": 128}), "shared", "shared hidden_size=128", id="its own"),
        pytest.param(
            edited(models={"shared.hidden_size": 128}), "matched", "matched shared.hidden_size=128", id="sized"
        ),
        pytest.param(edited(models={"matched.beyond": "cycle"}), "shared", "shared", id="another model's"),
        pytest.param(
            edited(training={"learning_rate": 0.01, "stop": 3}),
            "shared",
            "shared training.learning_rate=0.01 training.stop=3",
            id="of training",
        ),
        pytest.param(edited(datasets={"parity.train_size": 20}), "shared", "shared data.train_size=20", id="of data"),
        pytest.param(edited(run={"seeds": [0, 1]}, tracking={"uri": "x"}), "shared", "shared", id="of no training"),
        pytest.param(edited(models={"new.hidden_size": 3, "new.encoder": "lstm"}), "new", "new", id="a new entry"),
    ],
)
def test_a_member_is_called_by_what_makes_it_another(
    committed: Path, params: dict[str, Any], model: str, label: str
) -> None:
    write(committed, params)
    assert called(model, of_member(committed, changes(committed), "parity", model)) == label


def test_a_setting_that_is_gone_is_a_change(committed: Path) -> None:
    params = edited()
    del params["models"]["shared"]["hidden_size"]
    write(committed, params)
    assert changes(committed) == {"models.shared.hidden_size": UNSET}


def test_an_entry_that_the_catalogue_has_no_longer_is_none(committed: Path) -> None:
    params = edited(run={"models": ["shared"]})
    del params["models"]["matched"]
    write(committed, params)
    assert changes(committed) == {"run.models": ["shared"]}


@pytest.mark.parametrize("content", ["- a list\n", "run: [\n"], ids=["no mapping", "no YAML"])
def test_a_commit_whose_params_are_broken_stops_nothing(committed: Path, content: str) -> None:
    (committed / "params.yaml").write_text(content)
    git(committed, "commit", "--all", "--message", "broken")
    write(committed, PARAMS)
    assert "training.learning_rate" in changes(committed)


def test_many_changes_are_cut_and_still_told_apart() -> None:
    first, second = ({"a": 1, "b": 2, "c": 3, "d": last} for last in (4, 5))
    names = [called("shared", changed) for changed in (first, second)]
    assert all(name.startswith("shared a=1 b=2 c=3 ...") for name in names)
    assert len(set(names)) == 2
    assert len(called("shared", {"bounds": list(range(500))})) < 150


def test_a_repro_has_dvcs_name_and_what_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    digest = "0123456789"
    changed = {"run.seeds": [0], "models.shared.hidden_size": 128}
    assert of_repro({}, digest) == "repro-01234567"
    assert of_repro(changed, digest) == "repro shared.hidden_size=128 run.seeds=[0]"
    monkeypatch.setenv("DVC_EXP_NAME", "sunny-bear")
    assert of_repro({}, digest) == "sunny-bear"
    assert of_repro(changed, digest) == "sunny-bear: shared.hidden_size=128 run.seeds=[0]"


def test_without_a_commit_the_first_params_stand_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write(tmp_path, PARAMS)
    assert changes(tmp_path) == {}
    write(tmp_path, edited(models={"shared.hidden_size": 128}))
    assert changes(tmp_path) == {"models.shared.hidden_size": 128}


@pytest.mark.parametrize(
    ("value", "text"), [(0.01, "0.01"), (True, "true"), (None, "null"), ([0, 1], "[0, 1]"), ("hold", "hold")]
)
def test_a_value_is_spelled_as_params_yaml_does(value: object, text: str) -> None:
    assert shown(value) == text
