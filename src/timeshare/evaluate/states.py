"""The states that a classifier passes through as it reads a few texts: how far apart they are, and where they lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from timeshare.core.prepared.store import Split
from timeshare.core.prepared.tokenisers import tokeniser_of
from timeshare.evaluate.tables import Table, Value
from timeshare.evaluate.text_classifier import TextClassifier
from timeshare.models.classifier import SequenceClassifier

# Test texts whose beginnings tell how far apart states usually are.
MOST_REFERENCES = 200


@dataclass(frozen=True)
class References:
    """The beginnings of unrelated texts.

    Attributes:
        tokens: int64 [R, N].
        states: float [N, R, S], after each token.
    """

    tokens: NDArray[np.int64]
    states: NDArray[np.floating[Any]]

    def usual_distance(self, steps: int, other_steps: int) -> float:
        """The mean distance of a text's state after `steps` tokens to another's after `other_steps`.

        Texts that begin alike are not compared; 0 where no two begin differently.
        """
        common = self.tokens[:, : min(steps, other_steps)]
        unrelated = (common[:, None] != common[None]).any(axis=2)
        first, second = self.states[steps - 1], self.states[other_steps - 1]
        distances = np.linalg.norm(first[:, None] - second[None], axis=2)[unrelated]
        return float(distances.mean()) if len(distances) else 0.0


def states_table(
    model: TextClassifier, groups: Mapping[str, Sequence[str]], references: References
) -> tuple[Table, dict[str, float]]:
    """Follow the texts of each group, token by token.

    `distance` is that to the state of the group's first text as many tokens before its end, in units of the usual
    distance there. `x` and `y` are the first two principal components of all states in the table.

    Args:
        model: whose states.
        groups: texts by group.
        references: of the same model; at least as long as the longest of the texts.
    Returns:
        A row for each token of each text; and `state_distance/GROUP`, the mean distance of a group's texts to its first
        one at their ends. A distance in units of 0 is left out.
    """
    tokenise = tokeniser_of(model.tokeniser)
    usual_distance = cache(references.usual_distance)
    rows: list[tuple[Value, ...]] = []
    states: list[NDArray[np.floating[Any]]] = []
    metrics: dict[str, float] = {}
    for group, texts in groups.items():
        walks = []
        final_distances: list[float] = []
        for place, text in enumerate(texts):
            tokens = tokenise(text)
            walks.append(_walk(model.classifier, model.vocabulary.encode(tokens)[None])[:, 0])
            ahead = len(walks[0]) - len(tokens)
            for step, (token, state) in enumerate(zip(tokens, walks[-1], strict=True), start=1):
                distance = None
                if place and step + ahead >= 1 and (usual := usual_distance(step, step + ahead)):
                    # Without an axis NumPy asks the BLAS, whose last digits depend on the processor.
                    distance = float(np.linalg.norm(state - walks[0][step + ahead - 1], axis=0)) / usual
                rows.append((group, place, step, token, distance))
                states.append(state)
            if distance is not None:
                final_distances.append(distance)
        if final_distances:
            metrics[f"state_distance/{group}"] = float(np.mean(final_distances))
    places = _principal_plane(np.stack(states)).tolist() if states else []
    columns = ("group", "place", "step", "token", "distance", "x", "y")
    return Table(columns, [(*row, *place) for row, place in zip(rows, places, strict=True)]), metrics


def references_of(model: TextClassifier, test: Split, num_steps: int) -> References:
    """The first `num_steps` tokens of test texts that have as many, in the order of their rows."""
    beginnings: dict[int, NDArray[np.int64]] = {}
    for bucket in test.buckets:
        long_enough = np.flatnonzero(bucket.lengths >= num_steps)[:MOST_REFERENCES]
        starts = test.starts(bucket)[long_enough]
        tokens = bucket.tokens[long_enough[:, None], starts[:, None] + np.arange(num_steps)].astype(np.int64)
        beginnings.update(zip(bucket.rows[long_enough].tolist(), tokens, strict=True))
    chosen = [beginnings[row] for row in sorted(beginnings)[:MOST_REFERENCES]]
    tokens = np.array(chosen, np.int64).reshape(len(chosen), num_steps)
    return References(tokens, _walk(model.classifier, tokens))


def _walk(classifier: SequenceClassifier, tokens: NDArray[np.int64]) -> NDArray[np.floating[Any]]:
    """The state after each token: int64 [B, N] to float [N, B, S]."""
    batch, num_steps = tokens.shape
    if batch == 0:
        return np.zeros((num_steps, 0, 1), np.float32)
    ids = torch.from_numpy(tokens)
    with torch.inference_mode():
        # Each beginning by itself: a state then is what the read-out would see if the text ended there, in any model.
        states = [classifier.encode(ids[:, :n], torch.full((batch,), n)) for n in range(1, num_steps + 1)]
        return torch.stack(states).float().numpy()


def principal_axes(states: NDArray[np.floating[Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where states float [n, S] spread most: their mean [S], and the first two principal axes [2, S].

    The largest number of each axis is positive; an axis that the states do not have is zero.
    """
    centre = states.mean(axis=0, dtype=np.float64)
    _, _, components = np.linalg.svd(states.astype(np.float64) - centre, full_matrices=False)
    axes = np.zeros((2, states.shape[1]))
    axes[: len(components[:2])] = components[:2]
    largest = np.abs(axes).argmax(axis=1)
    signs = np.where(np.take_along_axis(axes, largest[:, None], axis=1) < 0, -1.0, 1.0)
    return centre, axes * signs


def _principal_plane(states: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The first two principal components: float [n, S] to [n, 2]."""
    centre, axes = principal_axes(states)
    places: NDArray[np.float64] = (states.astype(np.float64) - centre) @ axes.T
    return places
