"""params.yaml: what is refused, and with which one line."""

from pathlib import Path

import pytest
import yaml

from timeshare.core.config import Params, UserError, load_params
from timeshare.models.settings import (
    BagOfWordsSettings,
    ConvolutionSettings,
    FeedForwardSettings,
    RecurrentSettings,
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
    assert {model.sharing for model in recurrent} >= {"shared", "unshared", "basis"}
    assert {model.basis for model in recurrent if model.sharing == "basis"} == {"fourier", "polynomial", "rbf"}
    assert {model.encoder for model in recurrent} >= {"lstm", "rnn"}
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
    "missing section": ("report: {}", "", "report: this key is missing; add it (how results are summarised)"),
    "missing key": (
        ", task: parity_check",
        "",
        "datasets.parity.task: this key is missing; add it (the language, and what",
    ),
    "text for a number": ("0.01", "fast", "train.learning_rate: is 'fast'; give a number"),
    "quoted number": ("0.01", "'0.01'", "train.learning_rate: is '0.01'; give a number"),
    "fraction for a whole number": ("seeds: [0]", "seeds: [0.5]", "run.seeds.0: is 0.5; give a whole number"),
    "truth for a number": ("0.01", "true", "train.learning_rate: is true; give a number"),
    "out of range": ("0.01", "-1", "train.learning_rate: is -1; give a number above 0"),
    "not a number": ("0.01", ".nan", "train.learning_rate: is nan; give a finite number"),
    "infinite": ("0.01", ".inf", "train.learning_rate: is inf; give a finite number"),
    "not a number in a list": ("seeds: [0]", "seeds: [0, .nan]", "run.seeds.1: is nan; give a finite number"),
    "huge": ("seeds: [0]", "seeds: [99999999999999999999]", "run.seeds.0: is 99999999999999999999; give 1000000000 or"),
    "negative seed": ("seeds: [0]", "seeds: [-1]", "run.seeds.0: is -1; give 0 or more"),
    "empty list": ("seeds: [0]", "seeds: []", "run.seeds: is []; give 1 item or more"),
    "no list": ("seeds: [0]", "seeds: 0", "run.seeds: is 0; give a list"),
    "nothing for a list": ("seeds: [0]", "seeds: ", "run.seeds: is null; give a list"),
    "seed twice": ("seeds: [0]", "seeds: [3, 3]", "run.seeds: names 3 more than once; name each once"),
    "unknown dataset": (
        "datasets: [parity]",
        "datasets: [partiy]",
        "run.datasets: names partiy, which the catalogue of datasets lacks; add it there, or name one of parity",
    ),
    "unknown model": (
        "models: [shared]",
        "models: [sahred]",
        "run.models: names sahred, which the catalogue of models lacks; add it there, or name one of matched, shared",
    ),
    "unknown study": ("seeds: [0]", "seeds: [0], studies: [x]", "the catalogue of studies lacks; add it there"),
    "unknown source": ("source: formal", "source: formall", "datasets.parity.source: is 'formall'; give one of 'sent"),
    "unknown encoder": (
        "shared: {encoder: lstm}",
        "shared: {encoder: transformer}",
        "models.shared.encoder: is 'transformer'; give one",
    ),
    "no encoder": (
        "shared: {encoder: lstm}",
        "shared: {}",
        "shared.encoder: this key is missing; add it (one of bag_of_words, convolution, feed_forward, ",
    ),
    "no entry": ("shared: {encoder: lstm}", "shared: 3", "models.shared: is 3; give a mapping"),
    "unknown task": ("parity_check", "party_check", "datasets.parity.task: is 'party_check'; give 'parity_check', "),
    "unknown choice": (
        "prepare: {}",
        "prepare: {layout: paded}",
        "prepare.layout: is 'paded'; give 'padding', 'bucketing' or 'exact'",
    ),
    "none of several types": (
        "prepare: {}",
        "prepare: {bounds: []}",
        "give 'optimal' or 'quantile', or 1 item or more",
    ),
    "name with a path": (
        "  parity:",
        "  ../parity:",
        "datasets.../parity: is '../parity'; give a name of up to 64 letters, digits and _, the first not _",
    ),
    "null for a section": ("train: {learning_rate: 0.01}", "train:", "train: is null; give a mapping"),
    "half a range": (
        "task: parity_check}",
        "task: parity_check, train_lengths: [1]}",
        "datasets.parity.train_lengths.1: this item is missing; add it",
    ),
    "more than a range": (
        "task: parity_check}",
        "task: parity_check, train_lengths: [1, 2, 3]}",
        "datasets.parity.train_lengths: is [1, 2, 3]; give 2 items at most",
    ),
    "unknown baseline": (
        "report: {}",
        "report: {baseline: shraed}",
        "report.baseline: names shraed, which the catalogue of models lacks; add it there, or name one of matched, sh",
    ),
    "rule twice": (
        "evaluate: {}",
        "evaluate: {rules: [hold, hold]}",
        "evaluate.rules: names hold more than once; name each once",
    ),
    "probe lengths within training": (
        "task: parity_check}",
        "task: parity_check, train_lengths: [1, 40], probe_lengths: [40, 50]}",
        "datasets.parity: train_lengths must be a range from 1 on",
    ),
    "scheme without sets": (
        "shared: {encoder: lstm}",
        "shared: {encoder: lstm, sharing: periodic}",
        "models.shared: sharing 'periodic' needs num_sets; add it",
    ),
    "matches what is not there": (
        "match_parameters: shared",
        "match_parameters: x",
        "models.matched.match_parameters: names x, which",
    ),
    "matches without a size": (
        "shared: {encoder: lstm}",
        "shared: {encoder: bag_of_words, match_parameters: shared}",
        "encoder 'bag_of_words' has no hidden_size",
    ),
    "bounds without segments": (
        "shared: {encoder: lstm}",
        "shared: {encoder: lstm, sharing: basis, bounds: [3]}",
        "models.shared.bounds: are for sharing 'segments', not 'basis'; remove them",
    ),
    "matches itself": (
        "match_parameters: shared",
        "match_parameters: matched",
        "itself matches another model; name one that does not",
    ),
    "key given twice": ("trainer: {}", "trainer: {}\ntrainer: {}", "key 'trainer' is given twice"),
    "no YAML": ("trainer: {}", "trainer: {", "is no valid YAML"),
    "a date": (
        "seeds: [0]",
        "seeds: [2020-01-01]",
        "run.seeds.0: is neither number, text, list nor mapping: datetime.date(2020, 1, 1); put it",
    ),
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; write the sections that docs/params.md names"),
        (b"- 1\n- 2\n", "is no mapping of keys to values: [1, 2]; write the sections that docs/params.md names"),
        (b"just text", "is no mapping of keys to values: 'just text'; write the sections that docs/params.md names"),
        (b"\xff\xfe\x00", "is no UTF-8 text; save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_params(path)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize("report", ["{}", "{baseline: matched}"], ids=["not named", "not run"])
def test_a_baseline_that_is_not_run_is_no_mistake(tmp_path: Path, report: str) -> None:
    text = MINIMAL.replace("shared: {encoder", "other: {encoder").replace(
        "match_parameters: shared}", "hidden_size: 3}"
    )
    text = text.replace("models: [shared]", "models: [other]").replace("report: {}", f"report: {report}")
    assert load(tmp_path, text).run.models == ("other",)


def test_models_may_be_asked_under_their_own_rule_alone(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL.replace("evaluate: {}", "evaluate: {rules: []}")).evaluate.rules == ()


ADDRESSES = [
    *("sqlite:///mlflow.db", "sqlite+pysqlite:////tmp/x.db", "http://127.0.0.1:5000", "HTTPS://u:p@host/path"),
    *("postgresql://u:p@host/db", "postgresql+psycopg://host/db", "mysql+pymysql://host/db", "databricks"),
    *("mssql+pyodbc://u:p@dsn?driver=ODBC+Driver", "databricks://profile"),
]


@pytest.mark.parametrize("uri", ADDRESSES)
def test_addresses_that_mlflow_takes(tmp_path: Path, uri: str) -> None:
    assert load(tmp_path, MINIMAL.replace("tracking: {}", f"tracking: {{uri: '{uri}'}}")).tracking.uri == uri


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("ftp://u:secret@x", "is of the scheme 'ftp'"),
        ("postgres://u:secret@x", "is of the scheme 'postgres'"),  # SQLAlchemy's name is the longer one
        ("sqlite:x.db", "is of the scheme 'sqlite'"),
        ("file:///tmp/mlruns", "is of the scheme 'file'"),
        ("mlruns", "is no address"),
        ("", "is no address"),
    ],
)
def test_other_addresses_are_refused_and_not_shown(tmp_path: Path, uri: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, MINIMAL.replace("tracking: {}", f"tracking: {{uri: '{uri}'}}"))
    assert str(caught.value) == (
        f"{tmp_path / 'params.yaml'}: tracking.uri: {what}; give http://, https://, sqlite:///FILE, postgresql://, "
        "mysql://, mssql:// or databricks (a database also with its driver, as in mysql+pymysql://)"
    )


def test_models_of_a_study_are_checked_too(tmp_path: Path) -> None:
    study = "study: learning_curve, data: {source: sentences}, models: {some: {encoder: lstm, num_sets: 2}}"
    with pytest.raises(
        UserError, match=r"yaml: studies\.curve\.models\.some\.num_sets: sharing 'shared' does not read it"
    ):
        load(tmp_path, MINIMAL.replace("studies: {}", f"studies: {{curve: {{{study}}}}}"))


def test_a_missing_file_says_where_to_run_the_command(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; run the command in the project's folder"):
        load_params(tmp_path / "params.yaml")


def test_minimal_params_are_yaml_that_loads(tmp_path: Path) -> None:
    assert set(yaml.safe_load(MINIMAL)) == set(Params.model_fields)
    load(tmp_path, MINIMAL)
