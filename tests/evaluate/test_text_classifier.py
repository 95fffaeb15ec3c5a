"""A model and its vocabulary as one function of texts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.evaluate.tables import classifier_for, of_texts, prepared_data
from timeshare.evaluate import text_classifier
from timeshare.evaluate.asking import ask
from timeshare.evaluate.text_classifier import UnreadableTextError
from timeshare.models.settings import RecurrentSettings

TEXTS = ("x", "y y y y", "x y", "y x x", "x y x y x y x")
TRAIN = [(text, "ab"[place % 2]) for place, text in enumerate(TEXTS)]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("mask", [True, False])
def test_a_text_gets_what_it_gets_in_its_bucket_whatever_is_asked_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str, mask: bool
) -> None:
    data = prepared_data(tmp_path, TRAIN, side=side, layout="bucketing", bounds=(3, 5))
    settings = RecurrentSettings(
        encoder="lstm", sharing="unshared", extent=7, embedding_size=3, hidden_size=4, mask=mask
    )
    classifier = classifier_for(data, settings)
    asked = of_texts(data, classifier, tuple(data.meta["bounds"]))
    together = asked(TEXTS)
    assert asked.bounds == (3, 5, 7)
    for place, text in enumerate(TEXTS):
        np.testing.assert_allclose(asked([text])[0], together[place], atol=1e-6)
    probabilities = ask(classifier, data.split("train"), np.ones(len(TEXTS), bool), batch_tokens=1000)
    np.testing.assert_allclose(together, probabilities, atol=1e-6)
    monkeypatch.setattr(text_classifier, "TEXTS_AT_ONCE", 2)
    np.testing.assert_allclose(asked(TEXTS), together, atol=1e-6)


@pytest.mark.parametrize(
    ("mask", "texts", "place", "reason"),
    [
        (True, ("x", "x y x y", "y y y y y"), 1, "takes 4 steps, but there are weights for 3 only and beyond='error'"),
        (True, ("x y x", " ", "x y x y"), 1, "has no token: ' '"),
        # What this classifier reads ends with the padding.
        (False, ("x y", "x", "x y x"), 2, "takes 4 steps with its padding, but there are weights for 3 only"),
    ],
)
def test_the_first_text_that_cannot_be_read_is_named(
    tmp_path: Path, mask: bool, texts: tuple[str, ...], place: int, reason: str
) -> None:
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b")])
    settings = RecurrentSettings(
        encoder="rnn", sharing="unshared", beyond="error", embedding_size=2, hidden_size=2, mask=mask
    )
    classifier = classifier_for(data, settings, extent=3)
    asked = of_texts(data, classifier, (2, 4))
    with pytest.raises(UnreadableTextError, match=f"^text {place} {reason}") as caught:
        asked(texts)
    assert caught.value.place == place
    assert len(asked(texts[:place])) == place
    assert asked([]).shape == (0, 2)
    classifier.beyond = "hold"
    assert len(asked([text for text in texts if text.strip()])) >= 2


def test_a_text_on_which_the_tokeniser_takes_too_long_is_named(tmp_path: Path) -> None:
    data = prepared_data(tmp_path, [("x", "a"), ("y", "b")])
    classifier = classifier_for(data, RecurrentSettings(encoder="rnn", embedding_size=2, hidden_size=2))
    asked = replace(of_texts(data, classifier), tokeniser="regex:(a|aa)+$")
    with pytest.raises(UnreadableTextError, match=r"^text 1 cannot be cut into tokens: regex:.* takes more than 1 s"):
        asked(["aaa", "a" * 60 + "!"])
