"""Asking a classifier every text of the prepared data, in batches, under each rule beyond its extent."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from timeshare.core.batch import Batch, join_batches
from timeshare.core.config.errors import UserError
from timeshare.core.prepared.layout import SPLITS_WITH_ROWS
from timeshare.core.prepared.store import PreparedData, Split
from timeshare.core.seeding import numpy_generator
from timeshare.evaluate.predictions import Predictions
from timeshare.evaluate.settings import EvaluateSettings
from timeshare.models.classifier import SequenceClassifier
from timeshare.nn.choices import Beyond


def ask_all(classifier: SequenceClassifier, prepared: PreparedData, settings: EvaluateSettings) -> Predictions:
    """Ask train, test and probes; texts beyond the classifier's extent once under each rule.

    Of train no more than `settings.train_rows` are asked, the same whatever the classifier: its accuracy there is set
    against the one on test, whose rows are the fewer.

    Args:
        classifier: in evaluation mode.
        prepared: the data.
        settings: the rules, the size of a batch, and how much of train.
    Returns:
        All predictions, ordered by split, rule and raw row. Where the classifier's own rule is 'error', none beyond its
        extent is its own.
    Raises:
        UserError: none of test is its own, so that there is no accuracy.
    """
    parts = []
    for name in ("train", "test", "probes"):
        split = prepared.split(name)
        lengths, labels, columns = split.lengths(), split.labels(), _columns(prepared, name)
        asked = _drawn(len(split), settings.train_rows) if name == "train" else np.ones(len(split), bool)
        for question in _questions(classifier, settings):
            wanted = asked & (lengths > question.longer_than) & (lengths <= question.up_to)
            if not wanted.any():
                continue
            rows = np.flatnonzero(wanted)
            probabilities = ask(classifier, split, wanted, settings.batch_tokens, question.beyond)
            parts.append(
                Predictions(
                    split=np.full(len(rows), name),
                    rule=np.full(len(rows), question.rule),
                    own=np.full(len(rows), question.own),
                    predicted=probabilities.argmax(1).astype(np.int16),
                    probabilities=probabilities,
                    length=lengths[rows].astype(np.int32),
                    label=labels[rows].astype(np.int16),
                    **{column: values[rows] for column, values in columns.items()},
                )
            )
    predictions = Predictions.joined(parts)
    if not len(predictions.of("test")):
        reason = f"every test text is longer than the model's {classifier.extent} steps with weights"
        raise UserError(
            f"{prepared.folder}: {reason}; give the model a larger extent, or another `beyond` than 'error'"
        )
    return predictions


def ask(
    classifier: SequenceClassifier,
    split: Split,
    wanted: NDArray[np.bool_],
    batch_tokens: int,
    beyond: Beyond | None = None,
) -> NDArray[np.float32]:
    """Probabilities for some rows of a split.

    Args:
        classifier: in evaluation mode; it computes where its parameters are.
        split: the rows.
        wanted: bool [N], by row of the raw split; n of them hold.
        batch_tokens: entries of a batch, padding included.
        beyond: the rule past the classifier's extent; None leaves the classifier's own.
    Returns:
        float32 [n, C], in the order of the raw split.
    """
    device = next(classifier.parameters()).device
    rows: list[NDArray[np.int64]] = []
    probabilities: list[NDArray[np.float32]] = []
    own = classifier.beyond
    if beyond is not None:
        classifier.beyond = beyond
    try:
        with torch.inference_mode():
            for batch in _batches(split, classifier, batch_tokens, wanted):
                logits = classifier(batch.tokens.to(device), batch.lengths.to(device))
                rows.append(batch.rows.numpy())
                probabilities.append(logits.float().softmax(1).cpu().numpy())
    finally:
        if own is not None:
            classifier.beyond = own
    return np.concatenate(probabilities)[np.argsort(np.concatenate(rows))]


def readable(classifier: SequenceClassifier, batches: Sequence[Batch]) -> list[Batch]:
    """One batch of several, padded to the longest; as they are where a classifier without a mask would read that."""
    return [join_batches(batches, classifier.padding)] if classifier.mask else list(batches)


def _batches(
    split: Split, classifier: SequenceClassifier, batch_tokens: int, wanted: NDArray[np.bool_]
) -> Iterator[Batch]:
    """Batches of about `batch_tokens` entries, shorter texts first.

    Probes may have a bucket for each of hundreds of lengths, with a few rows in each: neighbouring buckets share a
    batch.
    """
    held: list[Batch] = []
    for index in np.argsort(split.bounds, kind="stable"):
        bucket = split.buckets[index]
        chosen = np.flatnonzero(wanted[bucket.rows])
        step = max(1, batch_tokens // bucket.tokens.shape[1])
        for start in range(0, len(chosen), step):
            batch = split.gather(int(index), chosen[start : start + step])
            if held and sum(len(one.rows) for one in held) + len(batch.rows) > step:
                yield from readable(classifier, held)
                held = []
            held.append(batch)
    if held:
        yield from readable(classifier, held)


def _drawn(rows: int, most: int | None) -> NDArray[np.bool_]:
    """bool [rows]: `most` of them at random, or all."""
    if most is None or rows <= most:
        return np.ones(rows, bool)
    drawn = np.zeros(rows, bool)
    drawn[numpy_generator(0, "evaluate", "train").choice(rows, most, replace=False)] = True
    return drawn


class _Question(NamedTuple):
    """Which texts are asked, by their length in (longer_than, up_to], under which rule; `rule` names it."""

    rule: str
    own: bool
    beyond: Beyond | None
    longer_than: int = 0
    up_to: float = np.inf


def _questions(classifier: SequenceClassifier, settings: EvaluateSettings) -> list[_Question]:
    extent, own = classifier.extent, classifier.beyond
    if extent is None:
        return [_Question("", own=True, beyond=None)]
    # Within the extent no rule has a say; but a batch is padded, and `error` would stop at the padding.
    within = _Question("", own=True, beyond="hold" if own == "error" else None, up_to=extent)
    rules: list[Beyond] = [*settings.rules]
    if own is not None and own not in (*rules, "error"):
        rules.append(own)
    return [within, *(_Question(rule, rule == own, rule, longer_than=extent) for rule in rules)]


def _columns(prepared: PreparedData, split: str) -> dict[str, NDArray[Any]]:
    """What the raw tables say of a split's rows beside text and label; a column a split lacks is empty."""
    count = len(prepared.split(split))
    columns: dict[str, NDArray[Any]] = {name: np.full(count, "") for name in ("id", "group", "kind")}
    columns["place"] = np.zeros(count, np.int32)
    columns["position"] = np.full(count, -1, np.int32)
    if split in SPLITS_WITH_ROWS:
        table = prepared.rows(split)
        for name in columns.keys() & set(table.column_names):
            columns[name] = table.column(name).to_numpy().astype(columns[name].dtype.kind)
    return columns
