"""A model and its vocabulary as one function of texts."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.evaluate.tables import prepared_data
from timeshare.evaluate.predict import predict_split
from timeshare.evaluate.predictor import Predictor, UnreadableTextError
from timeshare.models.classifier import build_classifier
from timeshare.models.settings import RecurrentSettings

TEXTS = ("x", "y y y y", "x y", "y x x", "x y x y x y x")
TRAIN = [(text, "ab"[place % 2]) for place, text in enumerate(TEXTS)]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("mask", [True, False])
def test_a_text_gets_what_it_gets_in_its_bucket_whatever_is_asked_beside_it(
    tmp_path: Path, side: str, mask: bool
) -> None:
    data = prepared_data(tmp_path, TRAIN, side=side, layout="bucketing", bounds=(3, 5))
    classifier = build_classifier(
        RecurrentSettings(encoder="lstm", sharing="unshared", extent=7, embedding_size=3, hidden_size=4, mask=mask),
        vocabulary_size=len(data.vocabulary),
        num_classes=2,
        extent=7,
        padding=data.meta["side"],
        generator=torch.Generator().manual_seed(0),
    ).eval()
    predictor = Predictor(("a", "b"), classifier, data.vocabulary, data.meta["tokeniser"], tuple(data.meta["bounds"]))
    together = predictor(TEXTS)
    assert predictor.bounds == (3, 5, 7)
    for place, text in enumerate(TEXTS):
        np.testing.assert_allclose(predictor([text])[0], together[place], atol=1e-6)
    rows, probabilities = predict_split(classifier, data.split("train"), batch_tokens=1000)
    np.testing.assert_allclose(together[rows], probabilities, atol=1e-6)
    small = predictor(TEXTS, batch_size=2)
    np.testing.assert_allclose(small, together, atol=1e-6)


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
    classifier = build_classifier(settings, vocabulary_size=len(data.vocabulary), num_classes=2, extent=3).eval()
    predictor = Predictor(("a", "b"), classifier, data.vocabulary, "whitespace", (2, 4))
    with pytest.raises(UnreadableTextError, match=f"^text {place} {reason}") as caught:
        predictor(texts)
    assert caught.value.place == place
    assert len(predictor(texts[:place])) == place
    assert predictor([]).shape == (0, 2)
    classifier.beyond = "hold"
    assert len(predictor([text for text in texts if text.strip()])) >= 2
