"""Everything that evaluate writes, for models of every kind on a small set of sentences."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.evaluate.tables import classifier_for, of_texts
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.store import PreparedData
from timeshare.evaluate.asking import ask_all
from timeshare.evaluate.behaviour import OPENERS, Behaviour, observe
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.settings import EvaluateSettings
from timeshare.evaluate.untrained import untrained_metrics
from timeshare.models.settings import (
    AnyModel,
    BagOfWordsSettings,
    ConvolutionSettings,
    FeedForwardSettings,
    RecurrentSettings,
)
from timeshare.prepare.prepare import prepare
from timeshare.prepare.settings import PrepareSettings
from timeshare.sources.ingest import ingest
from timeshare.sources.sentences import SentencesSettings, lexicon

SEEDS = Path(__file__).parents[2] / "data/suites/seeds.jsonl"
ALWAYS = {"lengths.csv", "length_quantiles.csv", "positions.csv", "interference.csv"}
ASKED = {"states.csv", "suite.json"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> PreparedData:
    folder = tmp_path_factory.mktemp("sentences")
    settings = SentencesSettings(
        source="sentences", train_size=300, valid_size=30, test_size=60, probe_groups=6, probe_adjuncts=(3, 4)
    )
    for name in ("raw", "prepared"):
        (folder / name).mkdir()
    ingest("sentences", settings, folder / "raw")
    prepare(folder / "raw", folder / "prepared", PrepareSettings(buckets=3))
    return PreparedData.open(folder / "prepared")


def observed(settings: AnyModel, data: PreparedData, suite: Path | None = SEEDS) -> tuple[Predictions, Behaviour]:
    classifier = classifier_for(data, settings)
    predictions = ask_all(classifier, data, EvaluateSettings())
    return predictions, observe(of_texts(data, classifier), data, predictions, source="sentences", suite=suite)


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        (RecurrentSettings(encoder="lstm", hidden_size=4, embedding_size=3), set()),
        (RecurrentSettings(encoder="lstm", sharing="unshared", hidden_size=4, embedding_size=3), {"similarity.csv"}),
        (
            RecurrentSettings(encoder="rnn", sharing="unshared", hidden_size=4, embedding_size=3, beyond="error"),
            {"similarity.csv"},
        ),
        (RecurrentSettings(encoder="lstm", sharing="hyper", hidden_size=4, embedding_size=3), set()),
        (BagOfWordsSettings(encoder="bag_of_words"), set()),
        (FeedForwardSettings(encoder="feed_forward", hidden_size=4), set()),
        (ConvolutionSettings(encoder="convolution", hidden_size=4), set()),
    ],
    ids=["shared", "unshared", "error", "hyper", "bag_of_words", "feed_forward", "convolution"],
)
def test_files_and_metrics_of_every_kind_of_model(
    settings: AnyModel, more: set[str], data: PreparedData, tmp_path: Path
) -> None:
    predictions, behaviour = observed(settings, data)
    behaviour.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == ALWAYS | ASKED | more
    assert all(len(path.read_text().splitlines()) > 1 for path in tmp_path.iterdir())
    # Metrics are plain numbers, and shares are shares.
    assert {type(value) for value in behaviour.metrics.values()} == {float}
    for name in ("accuracy", "order_invariance", "order_sensitivity", "order_score", "suite_pass_rate"):
        assert 0 <= behaviour.metrics[name] <= 1
    assert {"position_gap", "order_invariance_divergence", "interference", "interference/same_label"} <= set(
        behaviour.metrics
    )
    assert ("weight_similarity" in behaviour.metrics) == (
        isinstance(settings, RecurrentSettings) and settings.sharing != "hyper"
    )
    predictions.write(tmp_path / "predictions.parquet")
    read = Predictions.read(tmp_path / "predictions.parquet")
    for field in fields(Predictions):
        assert np.array_equal(getattr(read, field.name), getattr(predictions, field.name)), field.name


def test_two_evaluations_write_the_same_bytes(data: PreparedData, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        predictions, behaviour = observed(RecurrentSettings(encoder="lstm", sharing="unshared", hidden_size=4), data)
        (tmp_path / name).mkdir()
        behaviour.write(tmp_path / name)
        predictions.write(tmp_path / name / "predictions.parquet")
        contents.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert contents[0] == contents[1]


def test_baselines_are_those_of_the_data_whatever_the_model(data: PreparedData) -> None:
    every = [
        untrained_metrics(ask_all(classifier_for(data, settings), data, EvaluateSettings()))
        for settings in (
            BagOfWordsSettings(encoder="bag_of_words"),
            RecurrentSettings(encoder="lstm", sharing="unshared", hidden_size=4),
            RecurrentSettings(encoder="lstm", sharing="unshared", hidden_size=4, beyond="error"),
        )
    ]
    assert every[0] == every[1] == every[2]
    assert list(every[0]) == ["constant", "order_blind", "random"]
    # Names are those of models, so that a table can set them side by side.
    names = set(observed(BagOfWordsSettings(encoder="bag_of_words"), data)[1].metrics)
    assert all(set(metrics) <= names for metrics in every[0].values())


def test_the_suite_is_asked_only_where_there_is_one(data: PreparedData, tmp_path: Path) -> None:
    _, behaviour = observed(BagOfWordsSettings(encoder="bag_of_words"), data, suite=None)
    behaviour.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == ALWAYS
    assert not any(name.startswith(("suite", "state")) for name in behaviour.metrics)


def test_a_suite_of_other_labels_stops_the_evaluation(data: PreparedData, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(json.dumps({"group": "g", "expect": "label", "texts": ["x"], "labels": ["joy"]}))
    with pytest.raises(UserError, match="'joy' is no class of the model"):
        observed(BagOfWordsSettings(encoder="bag_of_words"), data, suite=path)


def test_predictions_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    with pytest.raises(UserError, match=r"predictions\.parquet: no such file; `dvc repro` makes it"):
        Predictions.read(path)
    path.write_text("no table")
    with pytest.raises(UserError, match=r"predictions\.parquet: is damaged \(.*\); remove .* and run `dvc repro`"):
        Predictions.read(path)


def test_openers_are_the_first_words_of_the_grammars_adjuncts_and_of_no_subject() -> None:
    slots = (*lexicon.DAYS.values(), *lexicon.TIMES, *lexicon.PLACES, *lexicon.COMPANY, *lexicon.MANNERS)
    openers = OPENERS["sentences"].split()
    assert set(openers) == {adjunct.split()[0].lower() for slot in slots for adjunct in slot}
    subjects = (*lexicon.SUBJECTS, *lexicon.THINGS, lexicon.WEATHER_SUBJECT)
    assert set(openers).isdisjoint(subject.split()[0].lower() for subject in subjects)
