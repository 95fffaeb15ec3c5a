"""What the stages train and evaluate tell tracking, without a server."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import pytest
import yaml

# Lightning leaves a variable in the environment of whoever imports it first.
import timeshare.train.fit  # noqa: F401
from tests import tiny
from timeshare.core.artifacts import write_json
from timeshare.params import load_params
from timeshare.pipeline import evaluate, size, train
from timeshare.pipeline.identity.reads import SeedReads
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.sources.formal import FormalSettings
from timeshare.sources.ingest import ingest
from timeshare.tracking.tracker import Tracker
from timeshare.tuning.choice import choice_folder, write_empty_choice

PARAMS = tiny.params_of(
    {"parity": {"source": "formal", "task": "parity_check", "train_size": 60, "train_lengths": [1, 6]}},
    {"shared": tiny.SHARED},
) | {
    "prepare": {"buckets": 2},
    "training": {"batch_size": 8, "pool": 2, "max_epochs": 2},
    "trainer": {"accelerator": "cpu"},
}


READS = SeedReads("train@parity-shared", 0, {}, {"data/prepared/parity": "0" * 32 + ".dir"})


class Recorder:
    """Stands for a Tracker."""

    def __init__(self) -> None:
        self.points: list[tuple[int, dict[str, float]]] = []
        self.given: dict[str, Any] = {}
        self.tables: dict[str, dict[Any, Any]] = {}
        self.drawn: Mapping[str, Mapping[int, float]] = {}

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        self.points.append((step, dict(values)))

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        assert name not in self.tables
        self.tables[name] = {row[0]: row[1] for row in rows}

    def curves(self, curves: Mapping[str, Mapping[int, float]]) -> None:
        self.drawn = curves

    def params(self, values: Mapping[str, Any]) -> None:
        self.given.update(values)

    def artifact(self, path: Path, folder: str = "") -> None: ...

    def model(self, files: list[Path], example: str, step: int = 0, code: Path | None = None) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS, sort_keys=False))
    settings = FormalSettings(**{**PARAMS["datasets"]["parity"], "train_lengths": (1, 6), "probe_lengths": (7, 9)})
    raw, prepared = Path("raw"), Path("data/prepared/parity")
    for folder in (raw, prepared):
        folder.mkdir(parents=True)
    ingest("parity", settings, raw)
    prepare(raw, prepared, PrepareSettings(buckets=2))
    size.main(load_params(), "parity")
    write_empty_choice(choice_folder("parity", "shared"))
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"train": {"deps": ["data/vectors"]}}}))
    recorder = Recorder()
    for stage in (train, evaluate):
        monkeypatch.setattr(stage, "seeds_to_make", lambda *_, **__: {0: READS})
        monkeypatch.setattr(stage, "member_run", lambda *_: None)
    monkeypatch.setattr(Tracker, "open", lambda *_: recorder)
    return recorder


def test_padding_and_shuffling_are_one_table_and_no_metrics(recorder: Recorder) -> None:
    train.main(load_params(), "parity", "shared")
    layout = recorder.tables["layout"]
    assert set(layout) == {
        *("steps", "distinct_lengths", "entries", "tokens", "padding_waste", "length_correlation", "repeated_pairs"),
        *(f"waste_of_{layout}" for layout in ("padding", "bucketing", "exact")),
    }
    assert all(math.isfinite(value) for value in layout.values())
    assert layout["waste_of_padding"] > layout["waste_of_bucketing"] > layout["padding_waste"]
    written = json.loads(Path("models/parity/shared/0/metrics.json").read_text())
    assert written["padding_waste"] == layout["padding_waste"] > 0
    assert layout["waste_of_exact"] == 0
    assert [step for step, figures in recorder.points if "epoch/valid_loss" in figures] == [0, 1]
    prefixes = {name.partition("/")[0] for _, figures in recorder.points for name in figures}
    assert prefixes == {"epoch", "step", "tokens_per_second"}


def test_an_evaluation_is_recorded_as_figures_curves_and_tables(recorder: Recorder) -> None:
    train.main(load_params(), "parity", "shared")
    recorder.points.clear()
    evaluate.main(load_params(), "parity", "shared")
    ((step, figures),) = recorder.points
    written = json.loads(Path("results/parity/shared/0/metrics.json").read_text())
    assert step == 0
    assert figures.items() <= written.items()
    assert {name.rpartition("/")[0] for name in written.keys() - figures.keys()} == {
        name.removesuffix("_by_ngram") for name in recorder.drawn if name.endswith("_by_ngram")
    }
    assert set(recorder.drawn["accuracy_by_length"]) == set(range(1, 10))  # trained lengths and those beyond
    assert {"layout", "lengths", "misread"} <= recorder.tables.keys()


def test_word_vectors_that_do_not_learn_are_no_parameters(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("words.vec").write_text("0 1.0 2.0 3.0 4.0\n1 4.0 3.0 2.0 1.0\n")
    params = {**PARAMS, "training": {**PARAMS["training"], "vectors": "words.vec", "freeze_vectors": True}}
    Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    train.main(load_params(), "parity", "shared")
    sizes = json.loads(Path("data/sizes/parity/shared.json").read_text())
    folder = Path("models/parity/shared/0")
    words = 4 * sizes["vocabulary_size"]
    for name in ("model.json", "metrics.json"):
        assert json.loads((folder / name).read_text())["parameters"] == sizes["parameters"] - words
    assert "words.vec: DVC does not see this file change" in capsys.readouterr().err


@pytest.mark.parametrize("rate", [0.003, 0.04], ids=["as it was", "edited"])
@pytest.mark.parametrize("data", [*READS.inputs.values(), "f" * 32 + ".dir"], ids=str)
def test_a_tuned_choice_is_trained_and_an_edit_wins(
    recorder: Recorder, capsys: pytest.CaptureFixture[str], rate: float, data: str
) -> None:
    params = {**PARAMS, "training": {**PARAMS["training"], "learning_rate": rate}}
    Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    folder = choice_folder("parity", "shared")
    chosen, then = {"learning_rate": 0.01, "dropout": 0.5}, {"learning_rate": 0.003, "dropout": None}
    write_json(folder / "choice.json", {"training": chosen, "instead_of": then, "trials": 24})
    reads = SeedReads("tune@parity-shared", 0, {}, {"data/prepared/parity": data})
    write_json(folder / "made_of.json", asdict(reads) | {"outputs": {}})
    train.main(load_params(), "parity", "shared")
    edited = rate != 0.003
    given = recorder.given["training"]
    assert (given["learning_rate"], given["dropout"], given["batch_size"]) == (rate if edited else 0.01, 0.5, 8)
    said = [line for line in capsys.readouterr().err.splitlines() if ": epoch" not in line]
    wins = (
        "training.learning_rate is 0.04 in params.yaml and was 0.003 when it was tuned: the edit wins over the tuned "
    )
    wins += "0.01"
    other = "was tuned on other prepared data than this; `timeshare tune --now parity shared` tunes it anew"
    is_other = data not in READS.inputs.values()
    assert said == [f"parity shared: {line}" for line in [wins] * edited + [other] * is_other]


@pytest.mark.parametrize("named", [True, False])
def test_a_scheme_that_dvc_does_not_watch_is_noted(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], named: bool
) -> None:
    Path("pair_scheme.py").write_text(tiny.OWN_SCHEME)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    monkeypatch.delitem(sys.modules, "pair_scheme", raising=False)
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"train": {"deps": ["pair_scheme.py"] * named}}}))
    params = {**PARAMS, "models": {"shared": {**PARAMS["models"]["shared"], "sharing": "pair_scheme:Pair"}}}
    Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    size.main(load_params(), "parity")
    write_empty_choice(choice_folder("parity", "shared"))
    train.main(load_params(), "parity", "shared")
    assert ("pair_scheme.py: DVC does not see this file change" in capsys.readouterr().err) == (not named)


@pytest.mark.parametrize("variable", ["RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"])
def test_a_further_process_is_not_the_first(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "0")
    assert train.is_first_process()
    monkeypatch.setenv(variable, "1")
    assert not train.is_first_process()
