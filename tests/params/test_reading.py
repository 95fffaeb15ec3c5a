"""params.yaml: what is refused, and with which one line."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.exceptions import DvcException
from dvc.utils.serialize import parse_yaml

from tests.committed import committed
from timeshare.core.config.errors import UserError
from timeshare.models.settings import BagOfWordsSettings, ConvolutionSettings, FeedForwardSettings, RecurrentSettings
from timeshare.params import Params, load_params

FORMAL = "{source: formal, task: parity_check}"
SEGMENTS = "{{encoder: lstm, sharing: {}, bounds: [{}]}}"
MINIMAL = """
run: {datasets: [parity], models: [shared], seeds: [0]}
datasets:
  parity: {source: formal, task: parity_check}
models:
  shared: {encoder: lstm}
  matched: {encoder: lstm, sharing: unshared, match_parameters: shared}
prepare: {}
training: {learning_rate: 0.01}
trainer: {}
tuning: {}
tracking: {}
evaluate: {}
report: {}
studies: {}
"""


def load(tmp_path: Path, text: str) -> Params:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return load_params(path)


@pytest.fixture
def own(tmp_path: Path) -> Params:
    """The project's, as they were committed."""
    path = tmp_path / "params.yaml"
    path.write_text(*committed("params.yaml"))
    return load_params(path)


def test_the_projects_own_params_are_valid(own: Params) -> None:
    assert set(own.run.datasets) <= set(own.datasets)


def test_the_catalogue_offers_every_scheme_control_and_baseline(own: Params) -> None:
    models = list(own.models.values())
    recurrent = [model for model in models if isinstance(model, RecurrentSettings)]
    assert {model.sharing for model in recurrent} >= {"shared", "unshared", "basis"}
    assert {model.basis for model in recurrent if model.sharing == "basis"} == {"fourier", "polynomial", "rbf"}
    assert {model.encoder for model in recurrent} >= {"lstm", "rnn", "gru"}
    assert {model.time_input for model in recurrent if model.sharing == "shared"} == {"none", "index", "sincos"}
    assert any(model.layer_norm for model in recurrent)
    assert {model.align for model in recurrent} == {"start", "end"}
    assert any(model.match_parameters for model in models)
    assert {model.pooling for model in models if isinstance(model, BagOfWordsSettings)} == {"counts", "mean"}
    assert any(isinstance(model, FeedForwardSettings) for model in models)
    assert {model.shared for model in models if isinstance(model, ConvolutionSettings)} == {True, False}
    assert {"fourier", "time_input"} <= set(own.run.models)


def test_reading_imports_nothing_that_takes_long() -> None:
    # Every command waits for it.
    script = "import sys, timeshare.params; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", script], text=True).split()
    assert not {"torch", "numpy", "pyarrow", "lightning", "mlflow", "altair", "jinja2"} & set(loaded)


def test_a_dataset_overrides_only_the_keys_it_states(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        "task: parity_check}", "task: parity_check, prepare: {layout: exact}, training: {batch_size: 7, truncate: 5}}"
    )
    params = load(tmp_path, text)
    assert params.prepare_for("parity").layout == "exact"
    assert params.prepare_for("parity").side == "right"
    assert (params.training_for("parity", "shared").batch_size, params.training_for("parity", "shared").truncate) == (
        7,
        5,
    )
    assert params.training_for("parity", "shared").learning_rate == 0.01


def test_a_model_overrides_its_datasets_training_and_is_itself_without_it(tmp_path: Path) -> None:
    text = MINIMAL.replace("task: parity_check}", "task: parity_check, training: {batch_size: 7, learning_rate: 0.5}}")
    plain = load(tmp_path, text)
    params = load(tmp_path, text.replace("{encoder: lstm", "{training: {learning_rate: 0.7}, encoder: lstm"))
    training = params.training_for("parity", "shared")
    assert (training.batch_size, training.learning_rate) == (7, 0.7)
    assert params.model("shared") == plain.model("shared")


def test_lists_become_tuples_and_whole_numbers_floats(tmp_path: Path) -> None:
    params = load(tmp_path, MINIMAL.replace("prepare: {}", "prepare: {bounds: [5, 20]}").replace("0.01", "1"))
    assert params.prepare.bounds == (5, 20)
    assert params.training.learning_rate == 1.0


# A key, what it is set to, and how the message goes on after the key.
REFUSED = [
    ("trainer.devcies", "2", ": unknown key; remove it or correct its spelling (did you mean devices?)"),
    ("trianer", "{}", ": unknown key; remove it or correct its spelling (did you mean trainer?)"),
    ("datasets.parity.train_szie", "9", ": unknown key; remove it or correct its spelling (did you mean train_size?)"),
    (
        "run.models",
        "[sharde]",
        ": names sharde, which the catalogue of models lacks; add it there, or name one of matched, shared (did",
    ),
    ("report", None, ": this key is missing; add it (how results are summarised)"),
    ("datasets.parity.task", None, ": this key is missing; add it (the language, and what is asked of a sequence)"),
    ("training.learning_rate", "fast", ": is 'fast'; give a number"),
    ("training.learning_rate", "'0.01'", ": is '0.01'; give a number"),
    ("training.learning_rate", "true", ": is true; give a number"),
    ("training.learning_rate", "-1", ": is -1; give a number above 0"),
    ("training.learning_rate", ".nan", ": is nan; give a finite number"),
    ("training.learning_rate", ".inf", ": is inf; give a finite number"),
    ("run.seeds", "[0.5]", ".0: is 0.5; give a whole number"),
    ("run.seeds", "[0, .nan]", ".1: is nan; give a finite number"),
    ("run.seeds", "[99999999999999999999]", ".0: is 99999999999999999999; give 1000000000 or less"),
    ("run.seeds", "[-1]", ".0: is -1; give 0 or more"),
    ("run.seeds", "[2020-01-01]", ".0: is neither number, text, list nor mapping: datetime.date(2020, 1, 1); put it"),
    ("run.seeds", "[]", ": is []; give 1 item or more"),
    ("run.seeds", "0", ": is 0; give a list"),
    ("run.seeds", "", ": is null; give a list"),
    ("run.seeds", "[3, 3]", ": names 3 more than once; name each once"),
    ("run.datasets", "[x]", ": names x, which the catalogue of datasets lacks; add it there, or name one of parity"),
    ("run.models", "[x]", ": names x, which the catalogue of models lacks; add it there, or name one of matched,"),
    ("run.studies", "[x]", ": names x, which the catalogue of studies lacks; add it there"),
    ("report.baseline", "x", ": names x, which the catalogue of models lacks; add it there, or name one of matched,"),
    ("tuning", None, ": this key is missing; add it (how settings of training are searched for)"),
    ("tuning.trials", "0", ": is 0; give 1 or more"),
    ("tuning.sampler", "grid", ": is 'grid'; give 'random' or 'tpe'"),
    ("tuning.storage", "redis://user:secret@host", ": is of the scheme 'redis'; give sqlite:///FILE, postgresql://,"),
    ("tuning.storage", "trials.db", ": is no address; give sqlite:///FILE, postgresql://, mysql:// or null"),
    ("tuning.space", "{}", ": is {}; give 1 item or more"),
    ("tuning.space", "{rate: {choices: [1]}}", ".rate: is no key of `training`; remove it, or name one of batch_size,"),
    ("tuning.space", "{patience: {choices: [1]}}", ".patience: cannot be tuned: all trials have the same budget and"),
    ("tuning.space", "{select: {choices: [x]}}", ".select: cannot be tuned: it is what trials are compared by; remove"),
    ("tuning.space", "{dropout: 0.5}", ".dropout: is 0.5; give a mapping"),
    (
        "tuning.space",
        "{dropout: {low: 0.5}}",
        ".dropout: give low and high (and log: true for a range of magnitudes), or",
    ),
    (
        "tuning.space",
        "{dropout: {choices: [0.5], log: true}}",
        ".dropout: give low and high (and log: true for a range",
    ),
    ("tuning.space", "{dropout: {choices: []}}", ".dropout.choices: is []; give 1 item or more"),
    ("tuning.space", "{dropout: {choices: [0, 1]}}", ".dropout.choices.1: is 1; give a number below 1"),
    ("tuning.space", "{dropout: {choices: [0, 0.0]}}", ".dropout.choices: names 0.0 more than once; name each once"),
    ("tuning.space", "{dropout: {low: -0.1, high: 0.5}}", ".dropout.low: is -0.1; give 0 or more"),
    (
        "tuning.space",
        "{dropout: {low: 0.0, high: 0.5, log: true}}",
        ".dropout.low: is 0.0, which has no logarithm; give",
    ),
    (
        "tuning.space",
        "{dropout: {low: 0.5, high: 0.1}}",
        ".dropout.low: is 0.5, and high is 0.1; give the smaller number",
    ),
    ("tuning.space", "{batch_size: {low: 8, high: 16.5}}", ".batch_size.high: is 16.5; give a whole number"),
    ("tuning.space", "{schedule: {choices: [cosine, x]}}", ".schedule.choices.1: is 'x'; give 'constant' or 'cosine'"),
    ("tuning.space", "{schedule: {low: 1, high: 2}}", ".schedule.low: is 1; give 'constant' or 'cosine'"),
    ("evaluate.rules", "[hold, hold]", ": names hold more than once; name each once"),
    ("evaluate.suites", "{parity: ../x}", ".parity: is '../x'; give a name of up to 64 letters, digits and _, the"),
    ("datasets.parity.source", "formall", ": is 'formall'; give one of 'sentences', 'formal', 'hutto_gilbert',"),
    ("datasets.parity.task", "party_check", ": is 'party_check'; give 'parity_check', "),
    ("datasets.parity.train_lengths", "[1]", ".1: this item is missing; add it"),
    ("datasets.parity.train_lengths", "[1, 2, 3]", ": is [1, 2, 3]; give 2 items at most"),
    ("datasets.parity.train_lengths", "[40, 1]", ": is [40, 1]; give the smaller number first"),
    ("datasets", f"{{../x: {FORMAL}}}", ".../x: is '../x'; give a name of up to 64 letters, digits and _, the first"),
    ("datasets.parity", FORMAL.replace("}", ", train_lengths: [0, 9]}"), ": train_lengths: give a range from 1 on"),
    ("datasets.parity", FORMAL.replace("}", ", probe_lengths: [40, 50]}"), ": train_lengths, probe_lengths: give a"),
    ("datasets.parity", "{source: files, train: x, text: label}", ": text, label and id must name different columns"),
    ("datasets.parity", "{source: files, train: x, split: [0.5, 0.5]}", ": split must be two shares above 0 that"),
    (
        "datasets.parity",
        "{source: files, train: x, tokeniser: word}",
        ".tokeniser: is 'word'; give basic_english, white",
    ),
    (
        "datasets.parity",
        "{source: files, train: x, tokeniser: 'regex:(a'}",
        ".tokeniser: '(a' is no regular expression",
    ),
    ("prepare.layout", "paded", ": is 'paded'; give 'padding', 'bucketing' or 'exact'"),
    ("prepare.bounds", "[]", ": is []; give 'optimal' or 'quantile', or 1 item or more"),
    ("trainer.devices", "0", ": is 0; give 1 or more, or 'auto'"),
    ("training", "", ": is null; give a mapping"),
    ("trainer", "!!binary aGk=", ": is neither number, text, list nor mapping: b'hi'; put it in quotes"),
    ("models", "{on: {encoder: lstm}}", ": the key True is no text; put it in quotes"),
    ("models.shared", "3", ": is 3; give a mapping"),
    ("models.shared", "{}", ".encoder: this key is missing; add it (one of bag_of_words, convolution, feed_forward,"),
    ("models.shared.encoder", "lsmt", ": is 'lsmt'; give one of "),
    ("models.shared", "{encoder: lstm, sharing: periodic}", ": sharing 'periodic' needs num_sets; add it"),
    ("models.shared.num_sets", "3", ": sharing 'shared' does not read it; remove it, or take one that does:"),
    ("models.shared", SEGMENTS.format("basis", 3), ".bounds: are for sharing 'segments', not 'basis'; remove them"),
    (
        "models.shared",
        SEGMENTS.format("segments", "5, 2"),
        ".bounds: is [5, 2]; give steps in ascending order, each once",
    ),
    ("models.shared", "{encoder: bag_of_words, match_parameters: x}", ": encoder 'bag_of_words' has no hidden_size"),
    ("models.matched.match_parameters", "x", ": names x, which the catalogue of models lacks"),
    ("models.matched.match_parameters", "matched", ": names matched, which itself matches another model; name one"),
]


@pytest.mark.parametrize(("key", "value", "message"), REFUSED, ids=lambda part: str(part)[:40])
def test_a_mistake_stops_with_one_line_that_names_the_key(
    tmp_path: Path, key: str, value: str | None, message: str
) -> None:
    content = yaml.safe_load(MINIMAL)
    *sections, last = key.split(".")
    place = functools.reduce(dict.__getitem__, sections, content)
    if value is None:
        del place[last]
    else:
        place[last] = yaml.safe_load(value)
    with pytest.raises(UserError) as caught:
        load(tmp_path, yaml.safe_dump(content))
    assert str(caught.value).startswith(f"{tmp_path / 'params.yaml'}: {key}{message}")
    assert "\n" not in str(caught.value)


def test_a_key_that_is_given_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    message = "key 'b' is given twice, on lines 3 and 5; move what the second has to the first"
    with pytest.raises(UserError, match=message):
        load(tmp_path, "a:\n  c: 1\n  b: 2\n  d:\n  b: 3\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train: {}", "train: is called `training` now; rename it"),
        (
            "trainer: {}",
            "is no valid YAML: key 'trainer' is given twice, on lines ",
        ),
        ("a: {", "is no valid YAML: while parsing a flow node"),
        ("a: b\0", "is no valid YAML: unacceptable character #x0000: "),
        ("a:\n\t- 1", "is no valid YAML: while scanning "),
        ("a: !!python/object/apply:os.mkdir [owned]", "is no valid YAML: could not determine a constructor for the ta"),
        ("? [1, 2]\n: 3", "is no valid YAML: while constructing a mapping"),
        ("a: " + "1" * 5000, "is no valid YAML: Exceeds the limit "),
        ("a: " + "[" * 3000 + "]" * 3000, "is nested too deeply, or holds itself by an alias; write it flat"),
        ("a: &a {b: *a}", "is nested too deeply, or holds itself by an alias; write it flat"),
        ('a: "\\ud800"', "a: holds half of a surrogate pair; write the character whole"),
    ],
    ids=lambda part: part[:40].replace("\0", ""),
)
def test_yaml_that_cannot_be_taken_is_refused_in_one_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, f"{MINIMAL}{line}\n")
    assert str(caught.value).startswith(f"{tmp_path / 'params.yaml'}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "bare"),
    [("{b: 1, uri: sqlite:///x}", "sqlite:///x"), ("[1, b:c]", "b:c"), ("{b: {c: 12:30}}", "12:30"), ("{a:b}", "a:b")],
)
def test_a_colon_that_dvc_cannot_read_is_named_with_its_line(tmp_path: Path, line: str, bare: str) -> None:
    with pytest.raises(DvcException):
        parse_yaml(f"a: {line}\n", "params.yaml")
    number = MINIMAL.count("\n") + 2
    with pytest.raises(
        UserError, match=rf"params\.yaml: is no valid YAML: line {number}: {bare} has a colon; .*quotes"
    ):
        load(tmp_path, f"{MINIMAL}a:\n  {line}\n")
    for sound in (f"a: '{bare}'\n", f"a: {bare}\n"):
        with pytest.raises(UserError, match="a: unknown key"):
            load(tmp_path, f"{MINIMAL}{sound}")


@pytest.mark.parametrize("number", ["1e-05", "1.0e-05", "0.00001", "+1e-5"])
def test_numbers_are_those_of_dvc(tmp_path: Path, number: str) -> None:
    text = MINIMAL.replace("learning_rate: 0.01", f"learning_rate: {number}")
    assert load(tmp_path, text).training.learning_rate == 1e-5


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


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; run the command in the project's folder"):
        load_params(tmp_path / "params.yaml")
    with pytest.raises(UserError, match="cannot be read: Is a directory; give access to it"):
        load_params(tmp_path)


def test_minimal_params_are_yaml_that_loads(tmp_path: Path) -> None:
    assert set(yaml.safe_load(MINIMAL)) == set(Params.model_fields)
    load(tmp_path, MINIMAL)
