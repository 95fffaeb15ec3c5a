"""A trained model and its vocabulary as one function from texts to probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from timeshare.artifacts import read_json
from timeshare.config.errors import UserError
from timeshare.data.text import TOKENISERS, Vocabulary
from timeshare.nn.classifier import SequenceClassifier
from timeshare.nn.saved import load_classifier


@dataclass(frozen=True)
class Predictor:
    """Predicts the class of texts.

    Attributes:
        classes: names, in the order of the probabilities' columns.
        classifier: in evaluation mode.
        vocabulary: the one the classifier was trained with.
        tokeniser: name of the tokeniser it was trained with.
    """

    classes: tuple[str, ...]
    classifier: SequenceClassifier
    vocabulary: Vocabulary
    tokeniser: str

    def __call__(self, texts: Sequence[str], batch_size: int = 256) -> NDArray[np.float32]:
        """Probabilities of the classes, in the order of the texts.

        Args:
            texts: n texts, each with at least one token.
            batch_size: texts computed at once; they are batched by length, and returned in their own order.
        Returns:
            float32 [n, C].
        Raises:
            ValueError: a text has no token; the message gives its 0-based place.
        """
        tokenise = TOKENISERS[self.tokeniser]
        encoded = [self.vocabulary.encode(tokenise(text)) for text in texts]
        for place, ids in enumerate(encoded):
            if len(ids) == 0:
                raise ValueError(f"text {place} has no token: {texts[place]!r:.60}")
        probabilities = np.empty((len(texts), len(self.classes)), np.float32)
        order = np.argsort([len(ids) for ids in encoded], kind="stable")
        with torch.inference_mode():
            for start in range(0, len(order), batch_size):
                chosen = order[start : start + batch_size]
                probabilities[chosen] = self._batch([encoded[place] for place in chosen])
        return probabilities

    def _batch(self, encoded: list[NDArray[np.int64]]) -> NDArray[np.float32]:
        lengths = torch.tensor([len(ids) for ids in encoded])
        tokens = torch.zeros(len(encoded), int(lengths.max()), dtype=torch.int64)
        for row, ids in enumerate(encoded):
            start = tokens.shape[1] - len(ids) if self.classifier.padding == "left" else 0
            tokens[row, start : start + len(ids)] = torch.from_numpy(np.asarray(ids, np.int64))
        result: NDArray[np.float32] = self.classifier(tokens, lengths).float().softmax(1).numpy()
        return result


def load_predictor(model: Path, prepared: Path) -> Predictor:
    """Read a trained model and the vocabulary of the data it was trained on.

    Args:
        model: models/DATASET/MODEL/SEED.
        prepared: data/prepared/DATASET, of which vocab.json and meta.json are read.
    Raises:
        UserError: a file is missing, damaged, or the vocabulary is not the model's.
    """
    blueprint, classifier = load_classifier(model)
    vocabulary = Vocabulary.load(prepared / "vocab.json")
    if len(vocabulary) != blueprint.vocabulary_size:
        raise UserError(
            f"{prepared / 'vocab.json'}: has {len(vocabulary)} tokens, and {model / 'model.json'} was trained with "
            f"{blueprint.vocabulary_size}; run `dvc repro`"
        )
    return Predictor(blueprint.classes, classifier, vocabulary, read_json(prepared / "meta.json")["tokeniser"])
