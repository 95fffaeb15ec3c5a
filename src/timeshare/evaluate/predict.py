"""Probabilities for every row of a prepared split, bucket by bucket."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from timeshare.core.batch import Batch, join_batches
from timeshare.core.prepared.store import Split
from timeshare.models.classifier import SequenceClassifier
from timeshare.nn.choices import Beyond


def predict_split(
    classifier: SequenceClassifier,
    split: Split,
    *,
    batch_tokens: int,
    asked: NDArray[np.bool_] | None = None,
    longer_than: int = 0,
    up_to: int | None = None,
    beyond: Beyond | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Predict the rows that are asked and whose length is in (longer_than, up_to].

    Args:
        classifier: in evaluation mode; it computes where its parameters are.
        split: the rows.
        batch_tokens: cells of a batch, padding included.
        asked: bool [N], by row of the raw split; None: all of them.
        longer_than: exclusive lower bound of the lengths, in tokens.
        up_to: inclusive upper bound, in tokens; None for no bound.
        beyond: the rule past the classifier's extent; None leaves the classifier's own.
    Returns:
        (rows, probabilities): int64 [n], rows of the raw split in rising order; float32 [n, C].
    """
    device = next(classifier.parameters()).device
    if asked is None:
        asked = np.ones(len(split), bool)
    rows: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    probabilities: list[NDArray[np.float32]] = []
    own = classifier.beyond
    if beyond is not None:
        classifier.beyond = beyond
    try:
        with torch.inference_mode():
            for batch in _batches(split, classifier, batch_tokens, asked, longer_than, up_to):
                logits = classifier(batch.tokens.to(device), batch.lengths.to(device))
                rows.append(batch.rows.numpy())
                probabilities.append(logits.float().softmax(1).cpu().numpy())
    finally:
        if own is not None:
            classifier.beyond = own
    order = np.argsort(np.concatenate(rows), kind="stable")
    classes = probabilities[0].shape[1] if probabilities else 0
    return np.concatenate(rows)[order], np.concatenate([np.empty((0, classes), np.float32), *probabilities])[order]


def _batches(
    split: Split,
    classifier: SequenceClassifier,
    batch_tokens: int,
    asked: NDArray[np.bool_],
    longer_than: int,
    up_to: int | None,
) -> Iterator[Batch]:
    """Batches of about `batch_tokens` cells, shorter texts first.

    Probes may have a bucket for each of hundreds of lengths, with a few rows in each: neighbouring buckets share a
    batch, padded to the longest. A classifier without a mask would see that padding, and gets its buckets one by one.
    """
    held: list[Batch] = []
    for index in np.argsort(split.bounds, kind="stable"):
        bucket = split.buckets[index]
        wanted = asked[bucket.rows] & (bucket.lengths > longer_than)
        if up_to is not None:
            wanted &= bucket.lengths <= up_to
        chosen = np.flatnonzero(wanted)
        length = bucket.tokens.shape[1]
        step = max(1, batch_tokens // length)
        for start in range(0, len(chosen), step):
            batch = split.gather(int(index), chosen[start : start + step])
            if held and (sum(len(one.rows) for one in held) + len(batch.rows) > step or not classifier.mask):
                yield join_batches(held, classifier.padding)
                held = []
            held.append(batch)
    if held:
        yield join_batches(held, classifier.padding)
