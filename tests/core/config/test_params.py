"""params.yaml: what is refused, and with which one line."""

from pathlib import Path
from typing import get_args

import pytest
import yaml

from timeshare.core.config import Params, UserError, load_params
from timeshare.core.config.models import (
    BagOfWordsSettings,
    ConvolutionSettings,
    FeedForwardSettings,
    RecurrentSettings,
    Sharing,
)

MINIMAL = """
run: {datasets: [parity], models: [shared], seeds: [0]}
datasets:
  parity: {source: formal, task: parity_check}
models:
  shared: {encoder: lstm}
  matched: {encoder: lstm, sharing: unshared, match_parameters: shared}
prepare: {}
train: {learning_rate: 0.01}
trainer: {}
tracking: {}
evaluate: {}
report: {}
studies: {}
"""


def load(tmp_path: Path, text: str) -> Params:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return load_params(path)


def test_the_projects_own_params_are_valid() -> None:
    params = load_params(Path("params.yaml"))
    assert set(params.run.datasets) <= set(params.datasets)


def test_the_catalogue_offers_every_scheme_control_and_baseline() -> None:
    params = load_params(Path("params.yaml"))
    models = list(params.models.values())
    recurrent = [model for model in models if isinstance(model, RecurrentSettings)]
    assert {model.sharing for model in recurrent} == set(get_args(Sharing))
    assert {model.basis for model in recurrent if model.sharing == "basis"} == {"fourier", "polynomial", "rbf"}
    assert {model.encoder for model in recurrent} == {"lstm", "rnn"}
    assert {model.time_input for model in recurrent if model.sharing == "shared"} == {"none", "index", "sincos"}
    assert any(model.layer_norm for model in recurrent)
    assert {model.align for model in recurrent} == {"start", "end"}
    assert any(model.match_parameters for model in models)
    assert {model.pooling for model in models if isinstance(model, BagOfWordsSettings)} == {"counts", "mean"}
    assert any(isinstance(model, FeedForwardSettings) for model in models)
    assert {model.shared for model in models if isinstance(model, ConvolutionSettings)} == {True, False}
    assert {"fourier", "time_input"} <= set(params.run.models)


def test_a_dataset_overrides_only_the_keys_it_states(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        "task: parity_check}", "task: parity_check, prepare: {layout: exact}, training: {batch_size: 7, truncate: 5}}"
    )
    params = load(tmp_path, text)
    assert params.prepare_for("parity").layout == "exact"
    assert params.prepare_for("parity").side == "right"
    assert (params.train_for("parity").batch_size, params.train_for("parity").truncate) == (7, 5)
    assert params.train_for("parity").learning_rate == 0.01


def test_lists_become_tuples_and_whole_numbers_floats(tmp_path: Path) -> None:
    params = load(tmp_path, MINIMAL.replace("prepare: {}", "prepare: {bounds: [5, 20]}").replace("0.01", "1"))
    assert params.prepare.bounds == (5, 20)
    assert params.train.learning_rate == 1.0


REFUSED = {
    "unknown key": ("trainer: {}", "trainer: {devcies: 2}", "trainer.devcies: unknown key"),
    "unknown section": ("trainer: {}", "trainer: {}\ntrianer: {}", "trianer: unknown key"),
    "missing section": ("report: {}", "", "report: this key is missing"),
    "missing key": (", task: parity_check", "", "datasets.parity.task: this key is missing"),
    "text for a number": ("0.01", "fast", "train.learning_rate: Input should be a valid number, not 'fast'"),
    "quoted number": ("0.01", "'0.01'", "train.learning_rate: Input should be a valid number, not '0.01'"),
    "fraction for a whole number": ("seeds: [0]", "seeds: [0.5]", "run.seeds.0: Input should be a valid integer"),
    "truth for a number": ("0.01", "true", "train.learning_rate: Input should be a valid number, not True"),
    "out of range": ("0.01", "-1", "train.learning_rate: Input should be greater than 0, not -1"),
    "not a number": ("0.01", ".nan", "train: learning_rate: is nan; give a finite number"),
    "infinite": ("0.01", ".inf", "train: learning_rate: is inf; give a finite number"),
    "huge": ("seeds: [0]", "seeds: [99999999999999999999]", "run.seeds.0: "),
    "negative seed": ("seeds: [0]", "seeds: [-1]", "run.seeds.0: Input should be greater than or equal to 0, not -1"),
    "empty list": ("seeds: [0]", "seeds: []", "run.seeds: "),
    "seed twice": ("seeds: [0]", "seeds: [3, 3]", "run.seeds names 3 more than once"),
    "unknown dataset": ("datasets: [parity]", "datasets: [partiy]", "run.datasets names partiy, which the catalogue"),
    "unknown model": ("models: [shared]", "models: [sahred]", "run.models names sahred, which the catalogue lacks"),
    "unknown source": ("source: formal", "source: formall", "datasets.parity: "),
    "unknown encoder": ("shared: {encoder: lstm}", "shared: {encoder: gru}", "models.shared: "),
    "unknown task": ("parity_check", "party_check", "datasets.parity.task: "),
    "unknown choice": ("prepare: {}", "prepare: {layout: paded}", "prepare.layout: "),
    "name with a path": ("  parity:", "  ../parity:", "datasets"),
    "null for a section": ("train: {learning_rate: 0.01}", "train:", "train: "),
    "probe lengths within training": (
        "task: parity_check}",
        "task: parity_check, train_lengths: [1, 40], probe_lengths: [40, 50]}",
        "datasets.parity: train_lengths must be a range from 1 on",
    ),
    "scheme without sets": ("shared: {encoder: lstm}", "shared: {encoder: lstm, sharing: periodic}", "num_sets"),
    "matches what is not there": ("match_parameters: shared", "match_parameters: x", "models.matched.match_parameters"),
    "matches without a size": (
        "shared: {encoder: lstm}",
        "shared: {encoder: bag_of_words, match_parameters: shared}",
        "encoder 'bag_of_words' has no hidden_size",
    ),
    "bounds without segments": (
        "shared: {encoder: lstm}",
        "shared: {encoder: lstm, sharing: basis, bounds: [3]}",
        "bounds are for sharing 'segments', not 'basis'",
    ),
    "matches itself": ("match_parameters: shared", "match_parameters: matched", "itself matches another model"),
    "key given twice": ("trainer: {}", "trainer: {}\ntrainer: {}", "key 'trainer' is given twice"),
    "no YAML": ("trainer: {}", "trainer: {", "is no valid YAML"),
    "a date": ("seeds: [0]", "seeds: [2020-01-01]", "holds a value that is neither"),
}


@pytest.mark.parametrize(("old", "new", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_stops_with_one_line_that_names_the_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in MINIMAL
    with pytest.raises(UserError) as caught:
        load(tmp_path, MINIMAL.replace(old, new))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "params.yaml"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["1e-05", "1.0e-05", "0.00001", "+1e-5"])
def test_numbers_are_those_of_dvc(tmp_path: Path, number: str) -> None:
    text = MINIMAL.replace("learning_rate: 0.01", f"learning_rate: {number}")
    assert load(tmp_path, text).train.learning_rate == 1e-5


@pytest.mark.parametrize("content", [b"", b"- 1\n- 2\n", b"just text", b"\xff\xfe\x00"], ids=repr)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(UserError):
        load_params(tmp_path / "params.yaml")


def test_a_missing_file_says_where_to_run_the_command(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; run the command in the project's folder"):
        load_params(tmp_path / "params.yaml")


def test_minimal_params_are_yaml_that_loads(tmp_path: Path) -> None:
    assert set(yaml.safe_load(MINIMAL)) == set(Params.model_fields)
    load(tmp_path, MINIMAL)
