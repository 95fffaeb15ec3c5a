"""A trained model and its vocabulary as one function from texts to probabilities."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import read_meta
from timeshare.core.prepared.text import UNKNOWN, Vocabulary
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.models.classifier import SequenceClassifier
from timeshare.models.saved import load_classifier

# They are batched by length, and returned in their own order.
TEXTS_AT_ONCE = 256


class UnreadableTextError(ValueError):
    """A text that a model cannot read.

    Attributes:
        place: of the text among those asked, 0-based.
        reason: what it has or lacks.
    """

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(f"text {place} {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True)
class TextClassifier:
    """Says of texts which class they are.

    Attributes:
        classes: names, in the order of the probabilities' columns.
        classifier: in evaluation mode.
        vocabulary: the one the classifier was trained with.
        tokeniser: name of the tokeniser it was trained with.
        bounds: padded lengths that it was trained with, rising: a classifier that reads the padding (`mask: false`)
            gets each text padded to the next one; longer texts are not padded.
    """

    classes: tuple[str, ...]
    classifier: SequenceClassifier
    vocabulary: Vocabulary
    tokeniser: str
    bounds: tuple[int, ...] = ()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities of the classes, in the order of the texts.

        Args:
            texts: n texts, each with at least one token.
        Returns:
            float32 [n, C].
        Raises:
            UnreadableTextError: a text has no token, or is longer than the extent of a classifier whose rule beyond it
                is 'error'; of several such texts it is the first.
        """
        return self.predict(self.read(texts))

    def read(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """The token ids of each text, at least one.

        Raises:
            UnreadableTextError: as in a call.
        """
        tokenise = tokeniser_of(self.tokeniser)
        encoded = []
        for place, text in enumerate(texts):
            try:
                ids = self.vocabulary.encode(tokenise(text))
            except UserError as error:
                raise UnreadableTextError(place, f"cannot be cut into tokens: {error}") from None
            self._check(place, text, len(ids))
            encoded.append(ids)
        return encoded

    def predict(self, encoded: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
        """What a call returns, of texts that are read already."""
        probabilities = np.empty((len(encoded), len(self.classes)), np.float32)
        widths = np.array([self._width(len(ids)) for ids in encoded], np.int64)
        order = np.argsort(widths, kind="stable")
        widths = widths[order]
        with torch.inference_mode():
            start = 0
            while start < len(order):
                # With a mask the padding does not count, and texts of several widths share a batch.
                alike = np.searchsorted(widths, widths[start], "right")
                stop = min(start + TEXTS_AT_ONCE, len(order) if self.classifier.mask else int(alike))
                chosen = order[start:stop]
                probabilities[chosen] = self._batch([encoded[place] for place in chosen], int(widths[stop - 1]))
                start = stop
        return probabilities

    def unknown(self, text: str) -> list[str]:
        """The tokens of a text that the vocabulary lacks: to the classifier they are all one."""
        tokens = tokeniser_of(self.tokeniser)(text)
        return [token for token, id in zip(tokens, self.vocabulary.encode(tokens), strict=True) if id == UNKNOWN]

    def _check(self, place: int, text: str, length: int) -> None:
        """Refuse a text of so many tokens that the classifier cannot read."""
        if length == 0:
            raise UnreadableTextError(place, f"has no token: {text!r:.60}")
        extent = self.classifier.extent
        if self.classifier.beyond == "error" and extent is not None and (width := self._width(length)) > extent:
            steps = f"{width} steps" if width == length else f"{width} steps with its padding"
            raise UnreadableTextError(
                place, f"takes {steps}, but there are weights for {extent} only and beyond='error'"
            )

    def _width(self, length: int) -> int:
        """The padded length of a text."""
        place = bisect_left(self.bounds, length)
        return length if self.classifier.mask or place == len(self.bounds) else self.bounds[place]

    def _batch(self, encoded: list[NDArray[np.int64]], width: int) -> NDArray[np.float32]:
        lengths = torch.tensor([len(ids) for ids in encoded])
        tokens = torch.zeros(len(encoded), width, dtype=torch.int64)
        for row, ids in enumerate(encoded):
            start = tokens.shape[1] - len(ids) if self.classifier.padding == "left" else 0
            tokens[row, start : start + len(ids)] = torch.from_numpy(np.asarray(ids, np.int64))
        result: NDArray[np.float32] = self.classifier(tokens, lengths).float().softmax(1).numpy()
        return result


def load_text_classifier(model: Path, prepared: Path) -> TextClassifier:
    """Read a trained model and the vocabulary of the data it was trained on.

    Args:
        model: models/DATASET/MODEL/SEED.
        prepared: data/prepared/DATASET, of which vocab.json and meta.json are read.
    Raises:
        UserError: a file is missing, damaged, or the vocabulary is not the model's.
    """
    blueprint, classifier = load_classifier(model)
    vocabulary = Vocabulary.load(prepared / "vocab.json")
    meta = read_meta(prepared / "meta.json")
    blueprint.check_data(prepared, vocabulary.digest, meta["classes"])
    return TextClassifier(blueprint.classes, classifier, vocabulary, meta["tokeniser"], tuple(meta["bounds"]))
