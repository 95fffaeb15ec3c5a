"""Probabilities for every row of a prepared split, bucket by bucket."""

import numpy as np
import torch
from numpy.typing import NDArray

from timeshare.config.models import Beyond
from timeshare.data.store import Split
from timeshare.nn.classifier import SequenceClassifier


def predict_split(
    classifier: SequenceClassifier,
    split: Split,
    *,
    batch_tokens: int,
    longer_than: int = 0,
    up_to: int | None = None,
    beyond: Beyond | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Predict the rows whose length is in (longer_than, up_to].

    Args:
        classifier: in evaluation mode; it computes where its parameters are.
        split: the rows.
        batch_tokens: cells of a batch, padding included.
        longer_than: exclusive lower bound of the lengths, in tokens.
        up_to: inclusive upper bound, in tokens; None for no bound.
        beyond: the rule past the classifier's extent; None leaves the classifier's own.
    Returns:
        (rows, probabilities): int64 [n], rows of the raw split in rising order; float32 [n, C].
    """
    device = next(classifier.parameters()).device
    rows: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    probabilities: list[NDArray[np.float32]] = []
    own = classifier.beyond
    if beyond is not None:
        classifier.beyond = beyond
    try:
        with torch.inference_mode():
            for index, bucket in enumerate(split.buckets):
                wanted = bucket.lengths > longer_than
                if up_to is not None:
                    wanted &= bucket.lengths <= up_to
                chosen = np.flatnonzero(wanted)
                step = max(1, batch_tokens // bucket.tokens.shape[1])
                for start in range(0, len(chosen), step):
                    batch = split.gather(index, chosen[start : start + step])
                    logits = classifier(batch.tokens.to(device), batch.lengths.to(device))
                    rows.append(batch.rows.numpy())
                    probabilities.append(logits.float().softmax(1).cpu().numpy())
    finally:
        if own is not None:
            classifier.beyond = own
    order = np.argsort(np.concatenate(rows), kind="stable")
    classes = probabilities[0].shape[1] if probabilities else 0
    return np.concatenate(rows)[order], np.concatenate([np.empty((0, classes), np.float32), *probabilities])[order]
