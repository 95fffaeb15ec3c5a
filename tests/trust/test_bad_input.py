"""Whatever is wrong with what a command is given: one line with what, where and how to mend it, and nothing written.

In the messages expected here, … stands for words of a library's.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.trust.conftest import Server, content
from tests.trust.test_checkpoints import malicious, torch_malicious

pytestmark = pytest.mark.pipeline

Change = Callable[[Path], object]


class Case(NamedTuple):
    """What is done to the project, and what the command then says, after its own name."""

    change: Change
    message: str


def check(server: Server, project: Path, command: tuple[str, ...], case: Case) -> None:
    """The command refuses the changed project, in one line, and leaves it as it was."""
    case.change(project)
    before = content(project)
    ended = server.run(project, *command)
    assert ended.status == 1, ended.error
    assert ended.out == ""
    assert matches(ended.error, f"timeshare {command[0]}: {case.message}\n"), ended.error
    assert content(project) == before


def matches(text: str, pattern: str) -> bool:
    """Whether a text is as expected, … being anything within a line."""
    return re.fullmatch(re.escape(pattern).replace("…", ".+"), text) is not None


def nothing(project: Path) -> None:
    """Leave the project as it is."""


def several(*changes: Change) -> Change:
    """One change after the other."""
    return lambda project: [change(project) for change in changes]


def write(path: str, data: bytes) -> Change:
    """Replace a file."""
    return lambda project: (project / path).write_bytes(data)


def remove(path: str) -> Change:
    """Remove a file or folder."""

    def change(project: Path) -> None:
        target = project / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()

    return change


def folder_for(path: str) -> Change:
    """Put a folder in the place of a file."""
    return several(remove(path), lambda project: (project / path).mkdir())


def cut(path: str) -> Change:
    """Cut a file in half."""
    return lambda project: (project / path).write_bytes(
        (project / path).read_bytes()[: (project / path).stat().st_size // 2]
    )


def copy(source: str, target: str) -> Change:
    """Put another file or folder of the project in the place of one."""

    def change(project: Path) -> None:
        if (project / source).is_dir():
            shutil.rmtree(project / target)
            shutil.copytree(project / source, project / target)
        else:
            shutil.copy(project / source, project / target)

    return change


def edit_json(path: str, edit: Callable[[Any], object]) -> Change:
    """Change the content of a JSON file."""

    def change(project: Path) -> None:
        value = json.loads((project / path).read_text())
        edit(value)
        (project / path).write_text(json.dumps(value))

    return change


def set_key(path: str, key: str, value: object) -> Change:
    """Set a key of a JSON file."""
    return edit_json(path, lambda content: content.update({key: value}))


def edit_array(path: str, edit: Callable[[Any], object]) -> Change:
    """Change an array in place."""

    def change(project: Path) -> None:
        array = np.load(project / path)
        edit(array)
        np.save(project / path, array)

    return change


def params(*edits: tuple[str, str]) -> Change:
    """Replace text in params.yaml."""

    def change(project: Path) -> None:
        text = (project / "params.yaml").read_text()
        for old, new in edits:
            assert text.count(old) >= 1
            text = text.replace(old, new, 1)
        (project / "params.yaml").write_text(text, encoding="utf-8")

    return change


def added(line: str) -> Change:
    """Put a line at the top of params.yaml."""
    return params(("run:\n", f"{line}\nrun:\n"))


# Here a few of each kind, through the command: tests/params has what else may be wrong.
IN_PARAMS: Mapping[str, Case] = {
    "missing": Case(remove("params.yaml"), "params.yaml: no such file; run the command in the project's folder"),
    "an object of Python's": Case(
        added("a: !!python/object/apply:os.mkdir [owned]"),
        "params.yaml: is no valid YAML: could not determine a constructor for the tag …",
    ),
    "an unknown key": Case(
        params(("batch_size: 32", "bach_size: 32")),
        "params.yaml: training.bach_size: unknown key; remove it or correct its spelling (did you mean batch_size?)",
    ),
}


@pytest.mark.parametrize("name", IN_PARAMS)
def test_params(server: Server, project: Path, name: str) -> None:
    check(server, project, ("prepare", "parity"), IN_PARAMS[name])


CSV = "data/files/mine.csv"
HEADER = b"text,label\n"
ROWS = b"".join(b"word%d and more,%s\n" % (row, b"yes" if row % 2 else b"no") for row in range(60))
LINE = 62  # the first after these


def row(line: bytes) -> Change:
    """A dataset with one more row."""
    return write(CSV, HEADER + ROWS + line + b"\n")


# tests/sources/files has what else may be wrong.
IN_FILES: Mapping[str, Case] = {
    "missing": Case(remove(CSV), f"{CSV}: no such file; correct the path in params.yaml, or `dvc pull` it"),
    "UTF-16": Case(
        write(CSV, (HEADER + ROWS).decode().encode("utf-16")),
        f"{CSV}: is UTF-16; save it as UTF-8",
    ),
    "ragged": Case(
        row(b"a,b,c"),
        f"{CSV}:{LINE}: has 3 fields, the header 2; quote or remove stray separators, or name the separator",
    ),
}


@pytest.mark.parametrize("name", IN_FILES)
def test_the_users_files(server: Server, project: Path, name: str) -> None:
    check(server, project, ("ingest", "mine"), IN_FILES[name])


FINE: Mapping[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + HEADER + ROWS,
    "line ends of Windows": (HEADER + ROWS).replace(b"\n", b"\r\n"),
    "labels that are numbers": HEADER + b"".join(b"w%d x,%d\n" % (row, row % 3) for row in range(90)),
    "labels that are numbers and words": HEADER
    + b"".join(b"w%d x,%s\n" % (row, (b"1", b"two", b"3.5")[row % 3]) for row in range(90)),
    "emoji and right-to-left text": HEADER
    + "".join(f"שלום {row} 🙂👩‍💻,{'👍' if row % 2 else 'חיובי'}\n" for row in range(90)).encode(),
    "markup and paths": HEADER
    + b"".join(b"<b>w%d</b> ../..,%s\n" % (row, b"<script>" if row % 2 else b"../../x") for row in range(90)),
}


@pytest.mark.parametrize("name", FINE)
def test_unusual_text_is_fine(server: Server, project: Path, name: str) -> None:
    (project / CSV).write_bytes(FINE[name])
    for stage in ("ingest", "prepare"):
        ended = server.run(project, stage, "mine")
        assert (ended.status, ended.error) == (0, "")


RAW = "data/raw/mine"
SCHEMA = f"{RAW}/schema.json"
AGAIN = f"remove {RAW} and run `dvc repro`"
IN_RAW_TABLES: Mapping[str, Case] = {
    "gone": Case(remove(RAW), f"{SCHEMA}: no such file; `dvc repro` makes it"),
    "schema of another kind": Case(write(SCHEMA, b"[]"), f"{SCHEMA}: is damaged (: Input should be …); {AGAIN}"),
    "schema without classes": Case(
        edit_json(SCHEMA, lambda schema: schema.pop("classes")),
        f"{SCHEMA}: is damaged (classes: Field required); {AGAIN}",
    ),
    "schema of an unknown tokeniser": Case(
        set_key(SCHEMA, "tokeniser", "guess"), f"{SCHEMA}: is damaged (tokeniser: is 'guess'; give …); {AGAIN}"
    ),
    "schema that is a folder": Case(folder_for(SCHEMA), f"{SCHEMA}: cannot be read: Is a directory; give access to it"),
    "another label": Case(
        set_key(SCHEMA, "classes", ["good", "worse"]),
        f"{RAW}/train.parquet: 0-based row 0 has label 'bad', which schema.json does not list",
    ),
    "a truncated table": Case(cut(f"{RAW}/train.parquet"), f"{RAW}/train.parquet: is damaged (…); {AGAIN}"),
    "an empty table": Case(
        write(f"{RAW}/test.parquet", b""), f"{RAW}/test.parquet: is damaged (Parquet file size is 0 bytes); {AGAIN}"
    ),
    "a table of other columns": Case(
        copy("data/prepared/mine/rows-test.parquet", f"{RAW}/valid.parquet"),
        f"{RAW}/valid.parquet: is damaged (…); {AGAIN}",
    ),
    "a folder for a table": Case(folder_for(f"{RAW}/valid.parquet"), f"{RAW}/valid.parquet: is damaged (…); {AGAIN}"),
    "no frequent token": Case(
        params(("  buckets: 3", "  min_frequency: 1000000")),
        f"{RAW}/train.parquet: no token occurs 1000000 times; lower prepare.min_frequency",
    ),
}


@pytest.mark.parametrize("name", IN_RAW_TABLES)
def test_raw_tables(server: Server, project: Path, name: str) -> None:
    check(server, project, ("prepare", "mine"), IN_RAW_TABLES[name])


# tests/core/prepared has what else may be wrong.
PREPARED = "data/prepared/parity"
META = f"{PREPARED}/meta.json"
ANEW = f"remove {PREPARED} and `dvc repro` makes it anew"
TOKENS = f"{PREPARED}/train-003.tokens.npy"


IN_PREPARED_DATA: Mapping[str, Case] = {
    "gone": Case(remove(PREPARED), f"{PREPARED}: no such file or folder; `dvc repro` makes what the stage reads"),
    "an unknown tokeniser": Case(
        set_key(META, "tokeniser", "guess"),
        f"{META}: is damaged (tokeniser: is 'guess'; give …); remove it and run `dvc repro`",
    ),
    "another side": Case(
        set_key(META, "side", "top"), f"{META}: is damaged (side: Input should be …); remove it and run `dvc repro`"
    ),
    "no class": Case(
        set_key(META, "classes", []),
        f"{META}: is damaged (classes: List should have at least 2 items …); remove it and run `dvc repro`",
    ),
    "one class more": Case(
        set_key(META, "classes", ["0", "1", "2"]),
        f"{PREPARED}: is not what the model was made for, words or classes differ; run `dvc repro`",
    ),
    "classes in another order": Case(
        set_key(META, "classes", ["1", "0"]),
        f"{PREPARED}: is not what the model was made for, words or classes differ; run `dvc repro`",
    ),
    "a token twice": Case(
        write(f"{PREPARED}/vocab.json", b'["<pad>", "<unk>", "1", "1"]'),
        f"{PREPARED}/vocab.json: is damaged (a vocabulary holds each token once); remove it and run `dvc repro`",
    ),
    "a pickle for a matrix": Case(write(TOKENS, malicious()), f"{TOKENS}: is damaged (…); {ANEW}"),
    "token ids beyond the vocabulary": Case(
        edit_array(TOKENS, lambda tokens: tokens.fill(200)),
        f"{TOKENS}: is damaged (holds token id 200, and the vocabulary has 4 tokens); {ANEW}",
    ),
    "a row twice": Case(
        edit_array(f"{PREPARED}/train-003.rows.npy", lambda rows: rows.fill(0)),
        f"{PREPARED}: is damaged (the buckets of train do not hold each of its 400 rows once); …",
    ),
    "sizes gone": Case(
        remove("data/sizes/parity/shared.json"),
        "data/sizes/parity/shared.json: no such file or folder; `dvc repro` makes what the stage reads",
    ),
    "sizes of another dataset": Case(
        copy("data/sizes/mine/shared.json", "data/sizes/parity/shared.json"),
        f"{PREPARED}: is not what the model was made for, words or classes differ; run `dvc repro`",
    ),
    "a model beyond all memory": Case(
        edit_json("data/sizes/parity/shared.json", lambda size: size["settings"].update(hidden_size=10**9)),
        "a model of … parameters cannot be built (…); lower its hidden_size",
    ),
    "no such accelerator": Case(
        params(("accelerator: cpu", "accelerator: gpu")), "params.yaml: trainer: No supported gpu backend found!"
    ),
    "no file of vectors": Case(
        params(("max_epochs: 4", "max_epochs: 4\n  vectors: data/vectors/words.txt")),
        "data/vectors/words.txt: no such file; training.vectors names one of word vectors, such as data/vectors/NAME",
    ),
    "vectors of another size": Case(
        several(
            params(("max_epochs: 4", "max_epochs: 4\n  vectors: data/vectors/words.txt")),
            write("data/vectors/words.txt", b"0 0.1 0.2 0.3\n1 0.1 0.2 0.3\n"),
        ),
        "data/vectors/words.txt: has vectors of 3 numbers, and the model's embedding_size is 4",
    ),
    "a pickle for vectors": Case(
        several(
            params(("max_epochs: 4", "max_epochs: 4\n  vectors: data/vectors/words.txt.pt")),
            write("data/vectors/words.txt.pt", torch_malicious()),
        ),
        "data/vectors/words.txt.pt: is a zip archive; unpack it, and name the file of vectors in it",
    ),
}


@pytest.mark.parametrize("name", IN_PREPARED_DATA)
def test_prepared_data(server: Server, project: Path, name: str) -> None:
    check(server, project, ("train", "parity", "shared"), IN_PREPARED_DATA[name])


MODEL = "models/parity/shared/0"
WEIGHTS = f"{MODEL}/model.safetensors"


def not_a_number(project: Path) -> None:
    weights = load_file(project / WEIGHTS)
    weights["read_out.bias"][0] = np.nan
    save_file(weights, project / WEIGHTS)


IN_MODELS: Mapping[str, Case] = {
    "gone": Case(remove(MODEL), f"{MODEL}: no such file or folder; `dvc repro` makes what the stage reads"),
    "of which nobody says what it was made of": Case(
        several(remove(f"{MODEL}/made_of.json"), remove("results/parity/shared/0")),
        f"{MODEL}/made_of.json: no such file; `dvc repro` makes it",
    ),
    "weights gone": Case(remove(WEIGHTS), f"{WEIGHTS}: no such file; `dvc repro` makes it"),
    "weights cut short": Case(cut(WEIGHTS), f"{WEIGHTS}: does not fit model.json (…); run `dvc repro`"),
    "weights of another model": Case(
        copy("models/parity/matched/0/model.safetensors", WEIGHTS),
        f"{WEIGHTS}: does not fit model.json (…); run `dvc repro`",
    ),
    "a pickle for weights": Case(
        write(WEIGHTS, malicious()), f"{WEIGHTS}: does not fit model.json (…); run `dvc repro`"
    ),
    "a pickle of torch's": Case(
        write(WEIGHTS, torch_malicious()), f"{WEIGHTS}: does not fit model.json (…); run `dvc repro`"
    ),
    "weights that are no numbers": Case(
        not_a_number, f"{WEIGHTS}: is damaged (read_out.bias holds what is no finite number); run `dvc repro`"
    ),
    "another version": Case(
        set_key(f"{MODEL}/model.json", "version", 9),
        f"{MODEL}/model.json: is of version 9, not 1; `dvc repro` makes it anew",
    ),
    "of another kind": Case(
        write(f"{MODEL}/model.json", b"null"),
        f"{MODEL}/model.json: is of version None, not 1; `dvc repro` makes it anew",
    ),
    "an unknown setting": Case(
        edit_json(f"{MODEL}/model.json", lambda model: model["settings"].update(hiden_size=3)),
        f"{MODEL}/model.json: is damaged (settings.…); remove it and run `dvc repro`",
    ),
    "no step": Case(
        set_key(f"{MODEL}/model.json", "extent", 0),
        f"{MODEL}/model.json: is damaged (extent: …); remove it and run `dvc repro`",
    ),
    "another vocabulary size": Case(
        set_key(f"{MODEL}/model.json", "vocabulary_size", 999),
        f"{WEIGHTS}: does not fit model.json (…); run `dvc repro`",
    ),
    "of another dataset": Case(
        copy("models/mine/shared/0", MODEL),
        f"{PREPARED}: is not what the model was made for, words or classes differ; run `dvc repro`",
    ),
    "no table of rows": Case(
        remove(f"{PREPARED}/rows-probes.parquet"),
        f"{PREPARED}/rows-probes.parquet: no such file; `dvc repro` makes it anew",
    ),
    "a damaged table of rows": Case(
        cut(f"{PREPARED}/rows-test.parquet"), f"{PREPARED}/rows-test.parquet: is damaged (…); {ANEW}"
    ),
    "rows of another dataset": Case(
        copy("data/prepared/mine/rows-test.parquet", f"{PREPARED}/rows-test.parquet"),
        f"{PREPARED}/rows-test.parquet: is damaged (… rows, not 60); {ANEW}",
    ),
}


@pytest.mark.parametrize("name", IN_MODELS)
def test_models(server: Server, project: Path, name: str) -> None:
    check(server, project, ("evaluate", "parity", "shared"), IN_MODELS[name])


# tests/evaluate has what else may be wrong.
SUITE = "data/suites/cases.jsonl"
SAME = b'{"group": "g", "expect": "same", "texts": ["a b", "b a"]}\n'
IN_SUITES: Mapping[str, Case] = {
    "gone": Case(remove(SUITE), f"{SUITE}: no such file; correct the suite's path"),
    "no JSON": Case(write(SUITE, SAME + b"{\n"), f"{SUITE}:2: is no JSON (…); write one JSON object a line"),
    "for an unknown dataset": Case(
        params(("    mine: cases", "    yours: cases")),
        "params.yaml: evaluate.suites: names yours, which the catalogue of datasets lacks; "
        "add it there, or name one of mine, parity",
    ),
}


@pytest.mark.parametrize("name", IN_SUITES)
def test_suites(server: Server, project: Path, name: str) -> None:
    check(server, project, ("evaluate", "mine", "shared"), IN_SUITES[name])


# tests/report has what else may be wrong.
RESULTS = "results/parity/shared/0"
IN_RESULTS: Mapping[str, Case] = {
    "gone": Case(remove(RESULTS), f"{RESULTS}/metrics.json: no such file; `dvc repro` makes it"),
    "of another kind": Case(
        write(f"{RESULTS}/metrics.json", b"[1]"),
        f"{RESULTS}/metrics.json: is damaged (: Input should be …); remove it and run `dvc repro`",
    ),
    "counts that cannot be": Case(
        write(f"{RESULTS}/lengths.csv", b"rule,length,rows,correct,constant\n,1,0,0,0\n"),
        f"{RESULTS}/lengths.csv: is damaged (more right than there are); run `dvc repro`",
    ),
    "no epoch": Case(write(f"{MODEL}/curves.csv", b""), f"{MODEL}/curves.csv: is damaged (no epoch); run `dvc repro`"),
    "no dataset": Case(write(META, b"{}"), f"{META}: is of version None, not 1; `dvc repro` makes it anew"),
}


@pytest.mark.parametrize("name", IN_RESULTS)
def test_results(server: Server, project: Path, name: str) -> None:
    check(server, project, ("report",), IN_RESULTS[name])


MINE = "models/mine/shared/0"
COMMANDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "an unknown dataset": (
        ("ingest", "../mine"),
        "dataset '../mine' is not in params.yaml, whose datasets are parity, mine (did you mean mine?)",
    ),
    "an unknown model": (
        ("train", "mine", "sharde"),
        "model 'sharde' is not in params.yaml, whose models are shared, matched (did you mean shared?)",
    ),
    "an unknown study": (("study", "../x"), "study '../x' is not in params.yaml, whose studies are imitation"),
    "no such model to predict with": (
        ("predict", "models/mine/shared/7", "a"),
        "models/mine/shared/7: holds no model.json; give models/DATASET/MODEL/SEED of a trained model, or …@champion",
    ),
    "a folder that is no model": (
        ("predict", "models", "a"),
        "models: holds no model.json; give models/DATASET/MODEL/SEED of a trained model, or DATASET@champion",
    ),
    "no file of texts": (
        ("predict", MINE, "--file", "x"), "x: cannot be read: No such file or directory; give a text file"
    ),
    "a folder of texts": (
        ("predict", MINE, "--file", "data"), "data: cannot be read: Is a directory; give a text file"
    ),
    "a bar over 1": (("check", MINE, SUITE, "--min-pass", "2"), "--min-pass: is 2.0; give a share from 0 to 1"),
    "no suite": (("check", MINE, "x.jsonl"), "x.jsonl: no such file; correct the suite's path"),
    "a suite for another model": (
        ("check", MODEL, SUITE), f"{SUITE}:1: 'good' is no class of the model; it has 0, 1"
    ),
    "a stage without a run": (
        ("runs", "prepare@mine"), "prepare@mine: has no runs; those of train@… and evaluate@… have"
    ),
    "no job": (("repro", "--jobs", "0"), "--jobs 0: give at least 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(server: Server, project: Path, name: str) -> None:
    command, message = COMMANDS[name]
    check(server, project, command, Case(nothing, message))


USAGE: Mapping[str, tuple[tuple[str, ...], str]] = {
    "an unknown command": (("trian",), "timeshare: there is no command 'trian' (did you mean train?); …"),
    "too few arguments": (
        ("train", "mine"), "timeshare train: the following arguments are required: model; …"
    ),
    "too many arguments": (("report", "x"), "timeshare report: takes no x; …"),
    "a seed that is a word": (
        ("runs", "train@mine-shared", "x"),
        "timeshare runs: argument seed: 'x' is no seed; give a whole number from 0 to 1000000000; …",
    ),
    "a seed below 0": (
        ("runs", "train@mine-shared", "-1"),
        "timeshare runs: argument seed: '-1' is no seed; give a whole number from 0 to 1000000000; …",
    ),
    "a huge seed": (
        ("runs", "train@mine-shared", "9" * 30),
        f"timeshare runs: argument seed: '{'9' * 30}' is no seed; give a whole number from 0 to 1000000000; …",
    ),
    "an unknown format": (
        ("predict", MINE, "a", "--output", "xml"),
        "timeshare predict: argument --output: invalid choice: 'xml' (choose from …); …",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage(server: Server, project: Path, name: str) -> None:
    command, message = USAGE[name]
    before = content(project)
    ended = server.run(project, *command)
    assert ended.status == 2
    assert matches(ended.error, f"{message}\n"), ended.error
    assert content(project) == before


@pytest.mark.parametrize("data", [b"caf\xe9\n", b"\xff\xfe\n"], ids=repr)
def test_a_pipe_of_other_bytes_than_utf_8(server: Server, project: Path, data: bytes) -> None:
    (project / "texts").write_bytes(data)
    ended = server.run(project, "predict", MINE, stdin=project / "texts")
    assert ended.status == 1
    assert ended.error == "timeshare predict: standard input: is no UTF-8 text; convert it first\n"


def test_the_cases_are_as_many_as_promised() -> None:
    groups = (IN_PARAMS, IN_FILES, IN_RAW_TABLES, IN_PREPARED_DATA, IN_MODELS, IN_SUITES, IN_RESULTS, COMMANDS, USAGE)
    assert sum(map(len, groups)) >= 60
