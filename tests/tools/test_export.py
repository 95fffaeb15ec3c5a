"""`timeshare export`: what the files say where there is no torch, beside what `predict` says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluate.tables import classifier_for, of_texts
from tests.packages import installed
from tests.prepare.tables import prepared, write_raw_tables
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.evaluate.text_classifier import TextClassifier
from timeshare.models.settings import AnyModel, BagOfWordsSettings, ConvolutionSettings, RecurrentSettings
from timeshare.tools import export

pytest.importorskip("onnxruntime", reason="needs the extra onnx")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

RECURRENT: dict[str, Any] = {"encoder": "lstm", "embedding_size": 4, "hidden_size": 5}
MODELS: dict[str, AnyModel] = {
    "shared": RecurrentSettings(**RECURRENT, sharing="shared"),
    "refuses long texts": RecurrentSettings(**RECURRENT, sharing="unshared", beyond="error"),
    "reads padding on the left": ConvolutionSettings(
        encoder="convolution", shared=False, mask=False, embedding_size=4, hidden_size=5
    ),
    "bag of words": BagOfWordsSettings(encoder="bag_of_words"),
}
TEXTS = [
    'The dog; ate: the (cold) "milk"... didn\'t it?!',
    "THE CAT<br />and 2 dogs",
    "milk",
    "\u00a0bone\t,  bone <pad> <unk>",
    "e\u0301te\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467",
]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the exported script needs, and no torch."""
    return installed(["onnxruntime", "numpy", "regex"], tmp_path_factory.mktemp("packages") / "site")


def exported(folder: Path, monkeypatch: pytest.MonkeyPatch, settings: AnyModel, **raw: Any) -> TextClassifier:
    """A model with weights of some seed, which is written to `folder`/made."""
    side = "left" if not settings.mask else "right"
    data = prepared(folder / "prepared", write_raw_tables(folder / "raw", **raw), side=side, bounds=(2, 4, 9))
    classifier = of_texts(data, classifier_for(data, settings, extent=6))
    monkeypatch.setattr(export, "find_classifier", lambda model: classifier)
    export.main("known", str(folder / "made"), "onnx")
    return classifier


def run(folder: Path, packages: Path, *texts: str) -> subprocess.CompletedProcess[str]:
    """The script's own words."""
    return subprocess.run(
        [sys.executable, "-S", str(folder / "made" / "classify.py"), *texts],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(packages), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_files_say_what_the_model_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: Path, name: str
) -> None:
    classifier = exported(tmp_path, monkeypatch, MODELS[name])
    random = np.random.default_rng(0)
    words = [*classifier.vocabulary.tokens[2:], "unheard"]
    texts = [" ".join(random.choice(words, length)) for length in (1, 2, 3, 5, 6)]
    texts += [] if name == "refuses long texts" else [*TEXTS, " ".join(random.choice(words, 12))]
    done = run(tmp_path, packages, *texts)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    expected = classifier(texts)
    np.testing.assert_allclose([list(answer["probabilities"].values()) for answer in answers], expected, atol=1e-5)
    assert [answer["label"] for answer in answers] == [classifier.classes[place] for place in expected.argmax(1)]


def test_the_limit_of_a_model_that_refuses_long_texts_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: Path
) -> None:
    exported(tmp_path, monkeypatch, MODELS["refuses long texts"])
    refused = run(tmp_path, packages, "milk " * 7)
    assert "has 7 tokens; give 1 to 6" in refused.stderr
    assert refused.returncode != 0


@pytest.mark.parametrize("tokeniser", ["basic_english", "whitespace", "characters", r"regex:\w+|\S"])
def test_texts_are_cut_as_for_training(tmp_path: Path, packages: Path, tokeniser: str) -> None:
    made = tmp_path / "made"
    made.mkdir()
    made.joinpath("classify.py").write_text(
        export._RUNNER.read_text().partition("SESSION =")[0]
        + "def tokens("
        + export._RUNNER.read_text().partition("def tokens(")[2].partition("def classify")[0]
        + "for text in sys.argv[1:]:\n    print(json.dumps(tokens(text)))\n"
    )
    made.joinpath("classifier.json").write_text(json.dumps({"tokeniser": tokeniser, "vocabulary": []}))
    done = run(tmp_path, packages, *TEXTS)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [tokeniser_of(tokeniser)(text) for text in TEXTS]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is there already"):
        export.main("known", str(tmp_path), "onnx")
